//===- Clusters.h - Which ops become one region -------------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_FUSION_CLUSTERS_H
#define SYMC_FUSION_CLUSTERS_H

#include "lib/Fusion/Legality.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace symc {

struct Cluster {
  sym::FusionKind kind = sym::FusionKind::elementwise;
  llvm::SmallVector<mlir::Operation *, 16> ops; // in program order, without moves that are read through
  bool isUpdate = false;                        // gives a parameter or state its next value
};

/// Cuts the body of a function, or of a loop or branch in it, into clusters of ops. Every move ends in one reader: it
/// is cloned where several read through it. The body still computes the same.
class Clusters {
public:
  /// Without `fuse` every op is a cluster of its own.
  Clusters(mlir::Block &body, const FusionCosts &costs, bool fuse);

  /// In an order in which they can run.
  llvm::ArrayRef<Cluster> all() const { return scheduled; }
  /// Whether every op has its place in that order. What is missing belongs to clusters that need each other, which is
  /// an error of this class.
  bool complete() const;
  /// Whether a move is an op of a cluster rather than read through.
  bool isStored(mlir::Operation *op) const { return stored.contains(op); }

private:
  mlir::Block &body;
  const FusionCosts costs;
  mlir::func::FuncOp function; // null: the body of a loop or branch
  AccessMap accesses;
  llvm::DenseSet<mlir::Operation *> stored;
  llvm::DenseSet<mlir::Operation *> updates;
  llvm::DenseMap<mlir::Operation *, unsigned> clusterOf;
  std::vector<Cluster> clusters; // empty ones were merged into others
  std::vector<Cluster> scheduled;
  std::vector<unsigned> order;     // the clusters, each behind all that read its values
  std::vector<unsigned> position;  // of a cluster in `order`
  llvm::DenseSet<unsigned> slopes; // clusters that isSlope began
  /// What a cluster reads and who reads it, as it was when it had changed so often.
  struct Buffers {
    unsigned change = 0;
    llvm::DenseSet<mlir::Value> inputs;
    /// By op that is read outside of the cluster: the ops that do; null among them for memory and the terminator.
    llvm::SmallVector<llvm::SmallVector<mlir::Operation *, 2>, 4> readers;
  };
  std::vector<unsigned> changes; // by cluster
  std::vector<Buffers> buffers;
  /// Two clusters that are no region together, as they were then.
  llvm::DenseMap<std::pair<unsigned, unsigned>, std::pair<unsigned, unsigned>> apart;

  using Ops = llvm::SmallVector<mlir::Operation *, 16>;
  bool isNode(mlir::Operation *op) const;
  void storeMoves();
  void cloneMoves();
  void findUpdates();
  void forEachReader(mlir::Operation *op, llvm::function_ref<void(mlir::Operation *, bool outside)> act) const;
  std::optional<sym::FusionKind> legal(llvm::ArrayRef<mlir::Operation *> ops);
  bool fits(llvm::ArrayRef<mlir::Operation *> ops, sym::FusionKind kind);
  std::optional<llvm::DenseSet<unsigned>> between(llvm::ArrayRef<mlir::Operation *> ops, unsigned first);
  void moveBehind(unsigned first, unsigned end, const llvm::DenseSet<unsigned> &readers);
  llvm::SmallVector<mlir::Value> inputsOf(llvm::ArrayRef<mlir::Operation *> ops);
  void place(mlir::Operation *op);
  static bool isElementwiseLike(mlir::Operation *op, mlir::Operation *like);
  std::pair<Ops, mlir::Value> expressionBehind(mlir::Operation *op) const;
  bool isSlope(mlir::Operation *op, llvm::ArrayRef<unsigned> readers) const;
  bool mergeSlopes(llvm::ArrayRef<unsigned> readers);
  bool recompute(mlir::Operation *op, llvm::ArrayRef<unsigned> readers);
  void join(unsigned cluster, llvm::ArrayRef<mlir::Operation *> ops, sym::FusionKind kind);
  void open(mlir::Operation *op);
  void mergeSiblings();
  bool tryMerge(unsigned a, unsigned b);
  const Buffers &buffersOf(unsigned cluster);
  bool fitTogether(unsigned a, unsigned b);
  bool mayFail(const Cluster &cluster);
  void schedule();
};

} // namespace symc
#endif
