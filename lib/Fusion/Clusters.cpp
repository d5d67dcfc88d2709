//===- Clusters.cpp - Which ops become one region -------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// Ops are placed from the end of the function to its beginning, so that an op is placed when
// all its readers are. It joins the cluster that reads it most, when the two are a legal region
// together (Legality.h) that the machine has room for, and the clusters stay free of cycles; with readers in several
// clusters it is computed again in each when that is cheap, and else is a further result of one of them. So a value is
// computed where it is used: what only the backward pass needs stays there. An exception is the derivative of an
// activation: with the activation it has its costly part in common, and it takes the memory of what both are made of.
// Afterwards clusters that read the same tensors are merged.
//
// The clusters are kept in an order in which each stands behind all that read its values. What
// leads from one cluster to another then lies between them, and joining two is a matter of the
// clusters between: those that the joined one leads to go before it, the others behind.
//
//===----------------------------------------------------------------------===//
#include "lib/Fusion/Clusters.h"
#include "dialects/sym/Bodies.h"
#include "dialects/sym/Roles.h"
#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace symc;

static bool before(Operation *a, Operation *b) { return a->isBeforeInBlock(b); }

Clusters::Clusters(Block &body, const FusionCosts &costs, bool fuse)
    : body(body), costs(costs), function(dyn_cast<func::FuncOp>(body.getParentOp())) {
  storeMoves();
  cloneMoves();
  findUpdates();
  SmallVector<Operation *> nodes;
  for (Operation &op : body.without_terminator())
    if (isNode(&op))
      nodes.push_back(&op);
  for (Operation *op : llvm::reverse(nodes))
    fuse ? place(op) : open(op);
  if (fuse)
    mergeSiblings();
  schedule();
}

bool Clusters::complete() const {
  size_t placed = 0, all = 0;
  for (const Cluster &cluster : scheduled)
    placed += cluster.ops.size();
  for (Operation &op : body.without_terminator())
    all += isNode(&op);
  return placed == all;
}

bool Clusters::isNode(Operation *op) const {
  if (isMove(op))
    return stored.contains(op);
  return !isa<sym::ConstantOp, sym::UndefinedOp>(op) && !renamesMemory(op) && !isControlFlow(op) &&
         !op->hasTrait<OpTrait::IsTerminator>();
}

//===----------------------------------------------------------------------===//
// Moves
//===----------------------------------------------------------------------===//

/// Moves that something needs in memory: results of the function, operands of contractions, opaque ops, loops and
/// branches.
void Clusters::storeMoves() {
  auto needsMemory = [](Operation *user) {
    return user->hasTrait<OpTrait::IsTerminator>() || isa<OpaqueKernelOpInterface>(user) || isContraction(user) ||
           isControlFlow(user) || (renamesMemory(user) && !isUnitReshape(user));
  };
  DenseMap<Operation *, unsigned> size;
  llvm::DenseSet<Operation *> renamed; // unit reshapes that something needs in memory
  for (Operation &op : llvm::reverse(body))
    if (isMove(&op) &&
        llvm::any_of(op.getUsers(), [&](Operation *user) { return needsMemory(user) || renamed.contains(user); }))
      (isUnitReshape(&op) ? renamed : stored).insert(&op);
  for (Operation &op : body) {
    if (!isMove(&op))
      continue;
    unsigned &total = size[&op] = 1;
    for (Value operand : op.getOperands())
      if (Operation *def = operand.getDefiningOp(); def && isMove(def) && !stored.contains(def))
        total += size.lookup(def);
    if (total > costs.maxMoves && !isUnitReshape(&op))
      stored.insert(&op);
  }
}

void Clusters::cloneMoves() {
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(body))) {
    if (!isMove(&op) || stored.contains(&op))
      continue;
    bool first = true;
    for (OpOperand &use : llvm::make_early_inc_range(op.getUses())) {
      if (!first) {
        OpBuilder b(&op);
        use.set(b.clone(op)->getResult(0));
      }
      first = false;
    }
  }
}

void Clusters::findUpdates() {
  if (!function)
    return;
  Operation *terminator = body.getTerminator();
  for (OpOperand &result : terminator->getOpOperands()) {
    if (resultRoleOf(function, result.getOperandNumber()) == sym::Role::update && result.get().getDefiningOp())
      updates.insert(result.get().getDefiningOp());
  }
}

/// Calls `act` with every node that reads the result, through moves or (then `outside`) through reshapes in memory,
/// loops and branches, and with null for the terminator.
void Clusters::forEachReader(Operation *op, llvm::function_ref<void(Operation *, bool)> act) const {
  SmallVector<std::pair<Operation *, bool>> stack{{op, false}};
  while (!stack.empty()) {
    auto [def, outside] = stack.pop_back_val();
    for (Operation *user : def->getUsers()) {
      if (user->hasTrait<OpTrait::IsTerminator>())
        act(nullptr, outside);
      else if (isNode(user))
        act(user, outside);
      else
        stack.push_back({user, outside || !isMove(user)});
    }
  }
}

//===----------------------------------------------------------------------===//
// Legality
//===----------------------------------------------------------------------===//

std::optional<sym::FusionKind> Clusters::legal(ArrayRef<Operation *> ops) {
  llvm::SmallDenseSet<Operation *, 16> inside(ops.begin(), ops.end());
  auto isResult = [&](Operation *op) {
    bool result = false;
    forEachReader(op, [&](Operation *reader, bool outside) { result |= outside || !inside.contains(reader); });
    return result;
  };
  OpSet set{accesses, Ops(ops), isResult, [&](Operation *op) { return stored.contains(op); }};
  FailureOr<sym::FusionKind> kind = classify(set);
  if (failed(kind) || !fits(ops, *kind))
    return std::nullopt;
  // Only an elementwise kernel may write over what it reads.
  if (*kind != sym::FusionKind::elementwise && llvm::any_of(ops, [&](Operation *op) { return updates.contains(op); }) &&
      ops.size() > 1)
    return std::nullopt;
  return *kind;
}

SmallVector<Value> Clusters::inputsOf(ArrayRef<Operation *> ops) {
  llvm::SetVector<Value> inputs;
  for (Operation *op : ops) {
    auto stops = [&](Value v) { return v.getDefiningOp() && stored.contains(v.getDefiningOp()); };
    for (const Access &read : accesses.readsOf(op, stops)) {
      Operation *def = read.value.getDefiningOp();
      if (!isSplat(read.value) && !(def && llvm::is_contained(ops, def)))
        inputs.insert(read.value);
    }
  }
  return inputs.takeVector();
}

bool Clusters::fits(ArrayRef<Operation *> ops, sym::FusionKind kind) {
  if (ops.size() == 1)
    return true;
  if (ops.size() > costs.maxOps)
    return false;
  unsigned writes = 0, reads = inputsOf(ops).size();
  for (Operation *op : ops) {
    bool result = false;
    forEachReader(
        op, [&](Operation *reader, bool outside) { result |= outside || !reader || !llvm::is_contained(ops, reader); });
    // Values side by side are written each to its part.
    writes += !result ? 0 : joinsComputed(op) ? op->getNumOperands() : 1;
  }
  if (kind == sym::FusionKind::contraction)
    return reads <= costs.maxEpilogueReads + 2 && writes <= costs.maxEpilogueWrites;
  return reads + writes <= costs.maxBuffers;
}

//===----------------------------------------------------------------------===//
// The order of clusters
//===----------------------------------------------------------------------===//

/// The clusters behind position `first` that read what the set computes, or read what those compute. Nothing when one
/// of them, or a reshape in memory, leads back into the set: it cannot be one region then.
std::optional<DenseSet<unsigned>> Clusters::between(ArrayRef<Operation *> ops, unsigned first) {
  llvm::SmallDenseSet<Operation *, 16> inside(ops.begin(), ops.end());
  DenseSet<unsigned> found;
  SmallVector<unsigned> stack;
  bool leadsBack = false;
  auto visitReaders = [&](Operation *op, bool fromOutside) {
    forEachReader(op, [&](Operation *reader, bool outside) {
      if (!reader || leadsBack)
        return;
      if (inside.contains(reader)) {
        leadsBack = fromOutside || outside;
        return;
      }
      unsigned cluster = clusterOf.at(reader);
      if (position[cluster] > first && found.insert(cluster).second)
        stack.push_back(cluster);
    });
  };
  for (Operation *op : ops)
    visitReaders(op, false);
  while (!stack.empty() && !leadsBack)
    for (Operation *op : clusters[stack.pop_back_val()].ops)
      visitReaders(op, true);
  return leadsBack ? std::nullopt : std::optional(std::move(found));
}

/// Moves the cluster at position `first` behind those of `readers`, which stand in front of `end`.
void Clusters::moveBehind(unsigned first, unsigned end, const DenseSet<unsigned> &readers) {
  if (readers.empty())
    return;
  auto range = MutableArrayRef(order).slice(first, end - first);
  SmallVector<unsigned> behind;
  size_t next = 0;
  for (unsigned cluster : range)
    if (readers.contains(cluster))
      range[next++] = cluster;
    else
      behind.push_back(cluster);
  llvm::copy(behind, range.drop_front(next).begin());
  for (unsigned i = first; i < end; ++i)
    position[order[i]] = i;
}

//===----------------------------------------------------------------------===//
// Placing
//===----------------------------------------------------------------------===//

void Clusters::join(unsigned cluster, ArrayRef<Operation *> ops, sym::FusionKind kind) {
  Cluster &c = clusters[cluster];
  ++changes[cluster];
  c.ops.assign(ops.begin(), ops.end());
  c.kind = kind;
  for (Operation *op : ops) {
    clusterOf[op] = cluster;
    c.isUpdate |= updates.contains(op);
  }
}

static SmallVector<Operation *, 16> merged(ArrayRef<Operation *> a, ArrayRef<Operation *> b) {
  SmallVector<Operation *, 16> ops(a);
  llvm::append_range(ops, b);
  llvm::sort(ops, before);
  return ops;
}

void Clusters::place(Operation *op) {
  llvm::MapVector<unsigned, unsigned> readers; // cluster → number of reads
  bool outside = false;
  forEachReader(op, [&](Operation *reader, bool throughMemory) {
    if (!reader || throughMemory)
      outside = true;
    else
      ++readers[clusterOf.at(reader)];
  });
  SmallVector<unsigned> candidates = llvm::to_vector(llvm::make_first_range(readers));
  llvm::sort(candidates, [&](unsigned a, unsigned b) {
    if (readers[a] != readers[b])
      return readers[a] > readers[b];
    return before(clusters[a].ops.front(), clusters[b].ops.front());
  });
  if (!outside && isSlope(op, candidates)) {
    slopes.insert(clusters.size());
    return open(op);
  }
  if (!outside && mergeSlopes(candidates))
    return place(op);
  if (!outside && candidates.size() > 1 && recompute(op, candidates))
    return;
  for (unsigned cluster : candidates) {
    Ops ops = merged(clusters[cluster].ops, op);
    std::optional<sym::FusionKind> kind = legal(ops);
    if (!kind)
      continue;
    if (auto readers = between(ops, position[cluster])) {
      moveBehind(position[cluster], order.size(), *readers);
      join(cluster, ops, *kind);
      return;
    }
  }
  open(op);
}

/// The elementwise ops of one shape that nothing but `op` is made of, and the one value that they are made of; null
/// where there is none, or more.
std::pair<Clusters::Ops, Value> Clusters::expressionBehind(Operation *op) const {
  Ops inside;
  SmallVector<Operation *> left{op};
  Value x;
  while (!left.empty()) {
    // The last one in the block: its readers have been seen.
    auto *last = llvm::max_element(left, before);
    Operation *next = *last;
    left.erase(last);
    bool belongs = isElementwiseLike(next, op);
    if (next != op)
      forEachReader(next, [&](Operation *reader, bool outside) {
        belongs &= reader && !outside && llvm::is_contained(inside, reader);
      });
    if (!belongs) {
      if (x)
        return {};
      x = next->getResult(0);
      continue;
    }
    inside.push_back(next);
    for (Value operand : next->getOperands()) {
      while (auto broadcast = operand.getDefiningOp<sym::BroadcastToOp>())
        operand = broadcast.getX();
      if (isSplat(operand))
        continue;
      Operation *def = operand.getDefiningOp();
      if (!def || !isNode(def) || inside.size() > costs.maxOps)
        return {};
      if (!llvm::is_contained(left, def))
        left.push_back(def);
    }
  }
  return {inside, x};
}

bool Clusters::isElementwiseLike(Operation *op, Operation *like) {
  return op && isa<ScalarBodyOpInterface>(op) && sameDims(dimsOf(op->getResult(0)), dimsOf(like->getResult(0)));
}

/// Whether the op is the end of a costly elementwise expression in one value x, which a contraction computes, of which
/// the ops in front make something else, and which nothing behind reads: as the derivative of an activation is. Then it
/// is stored instead of x, and computed with the activation.
bool Clusters::isSlope(Operation *op, ArrayRef<unsigned> readers) const {
  if (!isElementwiseLike(op, op) || llvm::any_of(readers, [&](unsigned reader) { return slopes.contains(reader); }))
    return false;
  std::pair<Ops, Value> expression = expressionBehind(op);
  const Ops &inside = expression.first;
  Value x = expression.second;
  if (!x || !sameDims(dimsOf(x), dimsOf(op->getResult(0))))
    return false;
  Operation *def = x.getDefiningOp();
  auto contracts = [](Value v) { return v.getDefiningOp() && isContraction(v.getDefiningOp()); };
  if (!isContraction(def) && !(isElementwiseLike(def, op) && llvm::any_of(def->getOperands(), contracts)))
    return false;
  bool others = false, fits = true;
  forEachReader(def, [&](Operation *reader, bool outside) {
    if (reader && llvm::is_contained(inside, reader))
      return;
    others = true;
    fits &= !outside && isElementwiseLike(reader, op) && !clusterOf.contains(reader);
  });
  return others && fits && llvm::any_of(inside, [](Operation *each) {
           return OpCounts::of(cast<ScalarBodyOpInterface>(each)).mathFunctions > 0;
         });
}

/// Merges the clusters that isSlope began with others that read the same.
bool Clusters::mergeSlopes(ArrayRef<unsigned> readers) {
  for (unsigned slope : readers)
    for (unsigned other : readers)
      if (slope != other && slopes.contains(slope) && clusters[other].kind == sym::FusionKind::elementwise &&
          tryMerge(other, slope))
        return true;
  return false;
}

/// A cluster of the op alone. All that read it have one.
void Clusters::open(Operation *op) {
  Operation *alone[] = {op};
  std::optional<sym::FusionKind> kind = legal(alone);
  assert(kind && "an op alone is a region");
  unsigned cluster = clusters.size();
  clusters.emplace_back();
  changes.push_back(0);
  buffers.emplace_back();
  position.push_back(order.size());
  order.push_back(cluster);
  join(cluster, alone, *kind);
}

/// Gives each of the clusters that read `op` its own copy, when that costs less than a store and loads.
bool Clusters::recompute(Operation *op, ArrayRef<unsigned> readers) {
  auto compute = dyn_cast<ScalarBodyOpInterface>(op);
  if (!compute || scalarCost(compute, costs) > costs.recompute)
    return false;
  auto stops = [&](Value v) { return v.getDefiningOp() && stored.contains(v.getDefiningOp()); };
  if (accesses.costOfReads(op, costs, stops) > costs.recomputeReads)
    return false;
  // It must not be that a value is stored for this alone: then the result may be stored as well.
  unsigned computed = 0;
  for (Value input : inputsOf(op)) {
    Operation *def = input.getDefiningOp();
    while (renamesMemory(def))
      def = def->getOperand(0).getDefiningOp();
    if (!def || !isNode(def) || !sameDims(dimsOf(input), dimsOf(op->getResult(0))))
      continue;
    bool others = false;
    forEachReader(def, [&](Operation *reader, bool) { others |= reader != op; });
    if (!others || ++computed > 1)
      return false;
  }
  SmallVector<sym::FusionKind> kinds;
  for (unsigned cluster : readers) {
    // As if it had no other readers: each gets a copy.
    Ops ops = merged(clusters[cluster].ops, op);
    OpSet set{accesses, ops,
              [&](Operation *member) {
                bool result = false;
                forEachReader(member, [&](Operation *reader, bool outside) {
                  result |= outside || !reader || !llvm::is_contained(ops, reader);
                });
                return member != op && result;
              },
              [&](Operation *move) { return stored.contains(move); }};
    FailureOr<sym::FusionKind> kind = classify(set);
    if (failed(kind) || *kind != clusters[cluster].kind || !fits(ops, *kind))
      return false;
    kinds.push_back(*kind);
  }
  for (auto [cluster, kind] : llvm::drop_begin(llvm::zip_equal(readers, kinds))) {
    // Moves end in one reader, so a use belongs to one cluster.
    OpBuilder b(op);
    IRMapping mapping;
    std::function<void(Value)> copyMoves = [&](Value v) {
      Operation *def = v.getDefiningOp();
      if (!def || !isMove(def) || stored.contains(def) || mapping.contains(v))
        return;
      for (Value operand : def->getOperands())
        copyMoves(operand);
      b.clone(*def, mapping);
    };
    for (Value operand : op->getOperands())
      copyMoves(operand);
    Operation *copy = b.clone(*op, mapping);
    op->getResult(0).replaceUsesWithIf(copy->getResult(0), [&, cluster = cluster](OpOperand &use) {
      Operation *user = use.getOwner();
      while (!isNode(user))
        user = *user->getUsers().begin();
      return user != copy && clusterOf.lookup(user) == cluster;
    });
    join(cluster, merged(clusters[cluster].ops, copy), kind);
  }
  join(readers.front(), merged(clusters[readers.front()].ops, op), kinds.front());
  return true;
}

//===----------------------------------------------------------------------===//
// Merging
//===----------------------------------------------------------------------===//

const Clusters::Buffers &Clusters::buffersOf(unsigned cluster) {
  Buffers &known = buffers[cluster];
  if (known.change == changes[cluster])
    return known;
  SmallVector<Value> inputs = inputsOf(clusters[cluster].ops);
  known = {changes[cluster], llvm::DenseSet<Value>(inputs.begin(), inputs.end()), {}};
  for (Operation *op : clusters[cluster].ops) {
    SmallVector<Operation *, 2> readers;
    forEachReader(op, [&](Operation *reader, bool outside) {
      if (!reader || outside)
        readers.push_back(nullptr);
      else if (clusterOf.at(reader) != cluster)
        readers.push_back(reader);
    });
    if (!readers.empty())
      known.readers.push_back(std::move(readers));
  }
  return known;
}

/// Less than `fits` asks for, and fast: many pairs are tried.
bool Clusters::fitTogether(unsigned a, unsigned b) {
  if (clusters[a].ops.size() + clusters[b].ops.size() > costs.maxOps)
    return false;
  auto known = apart.find({a, b});
  if (known != apart.end() && known->second == std::pair(changes[a], changes[b]))
    return false;
  const Buffers &first = buffersOf(a), &second = buffersOf(b);
  auto isInside = [&](Operation *op) {
    auto cluster = op ? clusterOf.find(op) : clusterOf.end();
    return cluster != clusterOf.end() && (cluster->second == a || cluster->second == b);
  };
  auto isRead = [&](ArrayRef<Operation *> readers) {
    return llvm::any_of(readers, [&](Operation *reader) { return !isInside(reader); });
  };
  auto isOutside = [&](Value v) { return !isInside(v.getDefiningOp()); };
  unsigned writes = llvm::count_if(first.readers, isRead) + llvm::count_if(second.readers, isRead);
  unsigned reads = llvm::count_if(first.inputs, isOutside) +
                   llvm::count_if(second.inputs, [&](Value v) { return isOutside(v) && !first.inputs.contains(v); });
  return reads + writes <= costs.maxBuffers;
}

bool Clusters::tryMerge(unsigned a, unsigned b) {
  if (!fitTogether(a, b))
    return false;
  Ops ops = merged(clusters[a].ops, clusters[b].ops);
  std::optional<sym::FusionKind> kind = legal(ops);
  if (!kind) {
    apart[{a, b}] = {changes[a], changes[b]};
    return false;
  }
  unsigned first = std::min(position[a], position[b]), last = std::max(position[a], position[b]);
  auto readers = between(ops, first);
  if (!readers)
    return false;
  // Together they stand where the first does, behind what they lead to; `b` stays as an empty cluster.
  order[first] = a;
  order[last] = b;
  position[a] = first;
  position[b] = last;
  moveBehind(first, last, *readers);
  clusters[b].ops.clear();
  join(a, ops, *kind);
  return true;
}

void Clusters::mergeSiblings() {
  auto spaceOf = [&](unsigned c) {
    for (Operation *op : clusters[c].ops)
      if (isa<ReductionOpInterface>(op))
        return AccessMap::spaceOf(op);
    return AccessMap::spaceOf(clusters[c].ops.front());
  };
  auto isColumns = [&](unsigned c) {
    return llvm::any_of(clusters[c].ops, [](Operation *op) {
      auto reduction = dyn_cast<ReductionOpInterface>(op);
      return reduction && !rowAxes(reduction);
    });
  };
  SmallVector<unsigned> order;
  for (unsigned c = 0; c < clusters.size(); ++c)
    if (!clusters[c].ops.empty() && // not merged into another one before
        (clusters[c].kind == sym::FusionKind::elementwise || clusters[c].kind == sym::FusionKind::reduction))
      order.push_back(c);
  llvm::sort(order, [&](unsigned a, unsigned b) { return before(clusters[a].ops.front(), clusters[b].ops.front()); });
  // Clusters by what they read or write over their whole space; columns by the space itself.
  llvm::MapVector<void *, SmallVector<unsigned>> groups;
  MLIRContext *context = body.getParentOp()->getContext();
  for (unsigned c : order) {
    Dims space = spaceOf(c);
    if (isColumns(c)) {
      groups[const_cast<void *>(sym::DimsAttr::get(context, space).getAsOpaquePointer())].push_back(c);
      continue;
    }
    // Kernels over one element are merged whatever they read.
    if (llvm::all_of(space, isOne))
      groups[const_cast<void *>(sym::DimsAttr::get(context, space).getAsOpaquePointer())].push_back(c);
    // What is put side by side is of another space than the whole.
    for (Value input : inputsOf(clusters[c].ops))
      if (sameDims(dimsOf(input), space) || joinsComputed(clusters[c].ops.front()))
        groups[input.getAsOpaquePointer()].push_back(c);
    for (Operation *op : clusters[c].ops)
      groups[op->getResult(0).getAsOpaquePointer()].push_back(c);
  }
  auto now = llvm::to_vector(llvm::seq<unsigned>(clusters.size())); // where a cluster has gone
  auto present = [&](unsigned c) {
    while (now[c] != c)
      c = now[c];
    return c;
  };
  // A merge may take away what lay between two others.
  for (bool changed = true; changed;) {
    changed = false;
    for (auto &[key, members] : groups)
      for (unsigned i = 0; i < members.size(); ++i)
        for (unsigned j = i + 1; j < members.size(); ++j) {
          unsigned a = present(members[i]), b = present(members[j]);
          if (a == b || !tryMerge(a, b))
            continue;
          now[b] = a;
          changed = true;
        }
  }
}

//===----------------------------------------------------------------------===//
// Order
//===----------------------------------------------------------------------===//

/// Whether the call may fail in the cluster.
bool Clusters::mayFail(const Cluster &cluster) {
  auto stops = [&](Value v) { return v.getDefiningOp() && stored.contains(v.getDefiningOp()); };
  return llvm::any_of(cluster.ops, [&](Operation *op) { return accesses.mayFail(op, stops); });
}

/// Program order of first ops, but updates as soon as they can run: then the gradient is in the cache, and its memory
/// is free again. A cluster that writes a slot comes after all that read it, and after all in which the call may fail,
/// so that it is written in place.
void Clusters::schedule() {
  unsigned count = clusters.size(), checksLeft = 0;
  llvm::BitVector checks(count);
  std::vector<llvm::SetVector<unsigned>> successors(count), writersAfter(count);
  DenseMap<Value, unsigned> writer; // slot → cluster with its update
  for (OpOperand &result : body.getTerminator()->getOpOperands()) {
    if (!function)
      break;
    unsigned i = result.getOperandNumber();
    if (resultRoleOf(function, i) != sym::Role::update || !clusterOf.count(result.get().getDefiningOp()))
      continue;
    for (BlockArgument argument : body.getArguments())
      if (nameOf(function, argument.getArgNumber()) == resultNameOf(function, i) &&
          roleOf(argument) != sym::Role::input)
        writer[argument] = clusterOf.lookup(result.get().getDefiningOp());
  }
  for (unsigned c = 0; c < count; ++c) {
    if (!updates.empty() && mayFail(clusters[c])) {
      checks.set(c);
      ++checksLeft;
    }
    for (Operation *op : clusters[c].ops)
      forEachReader(op, [&](Operation *reader, bool) {
        if (reader && clusterOf.at(reader) != c)
          successors[c].insert(clusterOf.at(reader));
      });
    for (Value input : inputsOf(clusters[c].ops)) {
      while (renamesMemory(input.getDefiningOp()))
        input = input.getDefiningOp()->getOperand(0);
      auto it = writer.find(input);
      if (it != writer.end() && it->second != c)
        writersAfter[c].insert(it->second);
    }
  }
  std::vector<unsigned> waiting(count, 0), readersLeft(count, 0);
  for (unsigned c = 0; c < count; ++c) {
    for (unsigned s : successors[c])
      ++waiting[s];
    for (unsigned s : writersAfter[c])
      ++readersLeft[s];
  }
  llvm::SetVector<unsigned> ready;
  for (unsigned c = 0; c < count; ++c)
    if (!clusters[c].ops.empty() && waiting[c] == 0)
      ready.insert(c);
  auto waits = [&](unsigned c) { return readersLeft[c] || (clusters[c].isUpdate && checksLeft && !checks[c]); };
  auto better = [&](unsigned a, unsigned b) {
    // A slot that is still read waits as long as there is anything else to do.
    if (waits(a) != waits(b))
      return !waits(a);
    if (clusters[a].isUpdate != clusters[b].isUpdate)
      return clusters[a].isUpdate;
    return before(clusters[a].ops.front(), clusters[b].ops.front());
  };
  while (!ready.empty()) {
    unsigned next = *llvm::min_element(ready, better);
    ready.remove(next);
    scheduled.push_back(clusters[next]);
    checksLeft -= checks[next];
    for (unsigned s : successors[next])
      if (--waiting[s] == 0)
        ready.insert(s);
    for (unsigned s : writersAfter[next])
      --readersLeft[s];
  }
}
