//===- Einsum.cpp - Sums of products by Einstein's notation ---------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/Build.h"
#include "dialects/sym/Check.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace symc;
using namespace symc::sym;

namespace {
/// A letter, or kEllipsis + i for the i-th axis from the right of those that `...` stands for.
using Label = int;
constexpr Label kEllipsis = 1000;
using Labels = SmallVector<Label, 4>;

struct Equation {
  SmallVector<Labels> operands;
  Labels result;
};

/// An operand or a partial product, one label an axis.
struct Term {
  Value value;
  Labels labels;
};
} // namespace

/// The labels of one operand of this rank.
static FailureOr<Labels> parseTerm(std::optional<Location> loc, StringRef equation, StringRef term, Type type) {
  Labels labels;
  int64_t rank = cast<RankedTensorType>(type).getRank();
  size_t dots = term.find("...");
  std::string letters = (dots == StringRef::npos ? term : term.take_front(dots)).str();
  std::string after = dots == StringRef::npos ? "" : term.drop_front(dots + 3).str();
  for (char c : letters + after)
    if (!llvm::isAlpha(c))
      return LogicalResult(emitOptionalError(loc, "S0306: '", std::string(1, c), "' in the equation '", equation,
                                             "' is neither a letter nor part of '...', ',' or '->'"));
  int64_t rest = rank - static_cast<int64_t>(letters.size() + after.size());
  if (rest < 0 || (rest > 0 && dots == StringRef::npos))
    return LogicalResult(emitOptionalError(loc, "S0302: '", term, "' in the equation '", equation, "' does not have ",
                                           rank, " letters, one an axis of ", printType(type)));
  labels.append(letters.begin(), letters.end());
  for (int64_t i = rest; i-- > 0;)
    labels.push_back(kEllipsis + i);
  labels.append(after.begin(), after.end());
  return labels;
}

static FailureOr<Equation> parseEquation(std::optional<Location> loc, StringRef text, ValueRange operands) {
  Equation equation;
  std::string joined = text.str();
  llvm::erase(joined, ' ');
  auto [left, right] = StringRef(joined).split("->");
  bool explicitResult = StringRef(joined).contains("->");
  SmallVector<StringRef> terms;
  left.split(terms, ',');
  if (terms.size() != operands.size())
    return LogicalResult(emitOptionalError(loc, "S0309: the equation '", text, "' is for ", terms.size(),
                                           " operands, not ", operands.size()));
  int64_t ellipsis = 0;
  std::map<Label, int> counts;
  for (auto [term, operand] : llvm::zip(terms, operands)) {
    FailureOr<Labels> labels = parseTerm(loc, text, term, operand.getType());
    if (failed(labels))
      return failure();
    for (Label label : *labels) {
      ++counts[label];
      if (label >= kEllipsis)
        ellipsis = std::max<int64_t>(ellipsis, label - kEllipsis + 1);
    }
    equation.operands.push_back(*labels);
  }
  auto addEllipsis = [&] {
    for (int64_t i = ellipsis; i-- > 0;)
      equation.result.push_back(kEllipsis + i);
  };
  if (!explicitResult) {
    addEllipsis();
    for (auto [label, count] : counts)
      if (count == 1 && label < kEllipsis)
        equation.result.push_back(label);
    return equation;
  }
  for (size_t i = 0; i < right.size(); ++i) {
    if (right.substr(i).starts_with("...")) {
      addEllipsis();
      i += 2;
      continue;
    }
    if (!llvm::isAlpha(right[i]) || !counts.count(right[i]) || llvm::is_contained(equation.result, right[i]))
      return LogicalResult(emitOptionalError(loc, "S0306: '", std::string(1, right[i]),
                                             "' in the result of the equation '", text,
                                             "' must be a letter of an operand, once"));
    equation.result.push_back(right[i]);
  }
  return equation;
}

/// The size that each label stands for.
static FailureOr<llvm::MapVector<Label, Dim>> sizesOf(std::optional<Location> loc, StringRef text,
                                                      const Equation &equation, ValueRange operands) {
  llvm::MapVector<Label, Dim> sizes;
  for (auto [labels, operand] : llvm::zip(equation.operands, operands))
    for (auto [axis, label, dim] : llvm::enumerate(labels, dimsOf(operand))) {
      auto *first = llvm::find(labels, label);
      if (first - labels.begin() != static_cast<int64_t>(axis) &&
          dim != dimOf(operand.getType(), first - labels.begin()))
        return LogicalResult(emitOptionalError(loc, "S0301: the diagonal '", std::string(2, static_cast<char>(label)),
                                               "' in the equation '", text, "' needs axes of one size, not ",
                                               printType(operand.getType())));
      Dim &size = sizes[label];
      if (!size || isOne(size))
        size = dim;
      else if (!isOne(dim) && size != dim)
        return LogicalResult(emitOptionalError(
            loc,
            "S0301: ", label < kEllipsis ? "'" + std::string(1, static_cast<char>(label)) + "'" : "an axis of '...'",
            " in the equation '", text, "' stands for ", printDim(size), " and for ", printDim(dim)));
    }
  return sizes;
}

LogicalResult EinsumOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc, ValueRange operands,
                                         DictionaryAttr attributes, OpaqueProperties properties, RegionRange regions,
                                         SmallVectorImpl<Type> &types) {
  Adaptor op(operands, attributes, properties, regions);
  if (operands.empty())
    return emitOptionalError(loc, "S0309: einsum needs an operand");
  if (failed(checkElements(loc, "einsum", operands)))
    return failure();
  FailureOr<Equation> equation = parseEquation(loc, op.getEquation(), operands);
  if (failed(equation))
    return failure();
  auto sizes = sizesOf(loc, op.getEquation(), *equation, operands);
  if (failed(sizes))
    return failure();
  Dims dims;
  for (Label label : equation->result)
    dims.push_back((*sizes)[label]);
  types.push_back(tensorType(dims, elementOf(operands[0])));
  return success();
}

//===----------------------------------------------------------------------===//
// Decomposition
//===----------------------------------------------------------------------===//

namespace {
struct SumBuilder {
  OpBuilder &b;
  Location loc;
  llvm::MapVector<Label, Dim> sizes;

  Dims dimsOfLabels(ArrayRef<Label> labels) {
    Dims dims;
    for (Label label : labels)
      dims.push_back(sizes[label]);
    return dims;
  }
  Dim count(ArrayRef<Label> labels) { return symc::product(b.getContext(), dimsOfLabels(labels)); }

  /// Axes of size 1 that stand for larger ones are repeated.
  Term widened(Term term) {
    Type type = tensorType(dimsOfLabels(term.labels), elementOf(term.value));
    return {broadcastLike(b, loc, term.value, type), term.labels};
  }
  Term ordered(Term term, ArrayRef<Label> labels) {
    if (ArrayRef(term.labels) == labels)
      return term;
    SmallVector<int64_t> axes;
    for (Label label : labels)
      axes.push_back(llvm::find(term.labels, label) - term.labels.begin());
    return {TransposeOp::create(b, loc, term.value, b.getDenseI64ArrayAttr(axes)), Labels(labels)};
  }
  /// Sums over the labels that `keep` does not hold.
  Term summed(Term term, ArrayRef<Label> keep) {
    SmallVector<int64_t> axes;
    Labels rest;
    for (auto [i, label] : llvm::enumerate(term.labels)) {
      if (llvm::is_contained(keep, label))
        rest.push_back(label);
      else
        axes.push_back(i);
    }
    return {sumOver(b, loc, term.value, axes, false), rest};
  }
  /// Takes the diagonal of labels that occur twice.
  Term diagonal(Term term) {
    for (size_t i = 0; i < term.labels.size(); ++i)
      for (size_t j = term.labels.size(); --j > i;) {
        if (term.labels[i] != term.labels[j])
          continue;
        term.value = DiagonalOp::create(b, loc, term.value, i, j);
        term.labels.erase(term.labels.begin() + j);
      }
    return term;
  }
  Term multiplied(Term left, Term right, ArrayRef<Label> keep);
};
} // namespace

/// The product of two terms, summed over the labels that they share and `keep` does not hold.
Term SumBuilder::multiplied(Term left, Term right, ArrayRef<Label> keep) {
  Labels batch, inner, rows, columns;
  for (Label label : left.labels) {
    bool shared = llvm::is_contained(right.labels, label);
    (shared ? llvm::is_contained(keep, label) ? batch : inner : rows).push_back(label);
  }
  for (Label label : right.labels)
    if (!llvm::is_contained(left.labels, label))
      columns.push_back(label);
  left = widened(left), right = widened(right);
  Labels out = batch;
  out.append(rows);
  out.append(columns);
  if (inner.empty()) {
    // Nothing to sum over: an elementwise product.
    auto aligned = [&](Term term) {
      Labels order;
      Dims dims;
      for (Label label : out) {
        bool has = llvm::is_contained(term.labels, label);
        if (has)
          order.push_back(label);
        dims.push_back(has ? sizes[label] : constantDim(b.getContext(), 1));
      }
      Value value = reshape(b, loc, ordered(term, order).value, dims);
      return broadcastLike(b, loc, value, tensorType(dimsOfLabels(out), elementOf(value)));
    };
    return {MulOp::create(b, loc, aligned(left), aligned(right)), out};
  }
  auto joined = [](const Labels &x, const Labels &y, const Labels &z) {
    Labels all = x;
    all.append(y);
    all.append(z);
    return all;
  };
  // An operand that stands the other way round is transposed by the product itself.
  bool ta = left.labels == joined(batch, inner, rows) && left.labels != joined(batch, rows, inner);
  bool tb = right.labels == joined(batch, columns, inner) && right.labels != joined(batch, inner, columns);
  auto stacked = [&](Term term, const Labels &second, const Labels &third) {
    Value value = ordered(term, joined(batch, second, third)).value;
    Dims dims;
    if (!batch.empty())
      dims.push_back(count(batch));
    dims.append({count(second), count(third)});
    return reshape(b, loc, value, dims);
  };
  Value x = ta ? stacked(left, inner, rows) : stacked(left, rows, inner);
  Value y = tb ? stacked(right, columns, inner) : stacked(right, inner, columns);
  Value product = MatmulOp::create(b, loc, x, y, b.getBoolAttr(ta), b.getBoolAttr(tb));
  return {reshape(b, loc, product, dimsOfLabels(out)), out};
}

SmallVector<Value> EinsumOp::decompose(OpBuilder &b) {
  Equation equation = *parseEquation(std::nullopt, getEquation(), getXs());
  SumBuilder builder{b, getLoc(), *sizesOf(std::nullopt, getEquation(), equation, getXs())};
  Term sum;
  for (auto [i, operand] : llvm::enumerate(getXs())) {
    // What is still needed: the result's labels and those of later operands.
    Labels later = equation.result;
    for (const Labels &labels : ArrayRef(equation.operands).drop_front(i + 1))
      later.append(labels);
    Labels needed = later;
    needed.append(sum.labels);
    Term term = builder.summed(builder.diagonal({operand, equation.operands[i]}), needed);
    if (i == 0) {
      sum = term;
      continue;
    }
    Labels others = later;
    others.append(term.labels);
    sum = builder.multiplied(builder.summed(sum, others), term, later);
  }
  sum = builder.widened(builder.ordered(builder.summed(sum, equation.result), equation.result));
  return {sum.value};
}
