//===- Examination.cpp - Where numbers go wrong ---------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Driver/Examination.h"
#include "dialects/sym/NodeNames.h"
#include "dialects/sym/Requirements.h"
#include "dialects/sym/Roles.h"
#include "lib/Driver/NotFinite.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Pass/Pass.h"
#include <cmath>

using namespace mlir;
using namespace symc;
using namespace symc::interpreter;

/// Evaluations with roundings: a few, and more before something is called different.
constexpr uint64_t kRounds = 3, kMoreRounds = 40;

Evidence::Evidence(const ExaminationRequest &request, MLIRContext *context)
    : function(request.function), seed(request.seed), step(request.step) {
  auto take = [&](const std::vector<GivenArray> &given, llvm::StringMap<Array> &arrays) {
    for (const GivenArray &one : given) {
      Array array(mlirType(context, one.element), one.sizes);
      array.reals = one.reals;
      array.integers = one.integers;
      arrays[one.name] = std::move(array);
    }
  };
  take(request.arguments, arguments);
  take(request.values, values);
}

//===----------------------------------------------------------------------===//
// Values of ops
//===----------------------------------------------------------------------===//

static void forEachValue(func::FuncOp model, llvm::function_ref<void(OpResult, std::string)> body) {
  for (auto [number, op] : llvm::enumerate(model.getBody().front().without_terminator()))
    for (OpResult result : op.getResults())
      if (!op.hasTrait<OpTrait::ConstantLike>())
        body(result, "value:" + std::to_string(number) +
                         (result.getResultNumber() ? ":" + std::to_string(result.getResultNumber()) : ""));
}

void symc::exposeValues(ModuleOp module) {
  auto model = module.lookupSymbol<func::FuncOp>("model");
  if (!model)
    return;
  Operation *terminator = model.getBody().front().getTerminator();
  SmallVector<::mlir::Value> values;
  forEachValue(model, [&](OpResult result, const std::string &name) {
    (void)model.insertResult(model.getNumResults(), result.getType(),
                             named(module.getContext(), name, sym::Role::output));
    values.push_back(result);
  });
  terminator->insertOperands(terminator->getNumOperands(), values);
}

//===----------------------------------------------------------------------===//
// Evaluation
//===----------------------------------------------------------------------===//

/// The value of a size at these dimensions; none where it has none.
static std::optional<int64_t> sizeAt(Dim dim, const llvm::StringMap<int64_t> &dims) {
  return evaluate(dim, [&](StringRef name) -> std::optional<int64_t> {
    auto found = dims.find(name);
    return found == dims.end() ? std::nullopt : std::optional(found->second);
  });
}

/// Whether an array has the element type and the sizes of a tensor.
static bool fits(const Array &array, Type tensor, const llvm::StringMap<int64_t> &dims) {
  auto type = cast<RankedTensorType>(tensor);
  return array.element == type.getElementType() && array.rank() == type.getRank() &&
         llvm::all_of(llvm::zip_equal(dimsOf(tensor), array.sizes),
                      [&](auto pair) { return sizeAt(std::get<0>(pair), dims) == std::get<1>(pair); });
}

/// The dimensions that the sizes of an array tell, the first array counting.
static void bindDims(Type type, const Array &array, llvm::StringMap<int64_t> &dims) {
  if (array.rank() == cast<RankedTensorType>(type).getRank())
    for (auto [dim, size] : llvm::zip_equal(dimsOf(type), array.sizes))
      if (dim.isName())
        dims.try_emplace(dim.getName(), size);
}

static Array scalar(Type tensor, int64_t value) {
  Array array(cast<RankedTensorType>(tensor).getElementType(), {});
  array.set(0, value);
  return array;
}

/// Zeros of a tensor's type and sizes; false where those are not known.
static bool zeros(Type tensor, const llvm::StringMap<int64_t> &dims, Array &out) {
  Sizes sizes;
  for (Dim dim : dimsOf(tensor)) {
    std::optional<int64_t> size = sizeAt(dim, dims);
    if (!size || *size < 0)
      return false;
    sizes.push_back(*size);
  }
  out = Array(cast<RankedTensorType>(tensor).getElementType(), sizes);
  return true;
}

/// The given value of a result; null, where there is none, or with a problem where it is none of its type.
const Array *Examiner::valueOf(StringRef name, Type tensor, const Options &options) {
  auto found = evidence.values.find(name);
  if (found == evidence.values.end())
    return nullptr;
  if (fits(found->second, tensor, options.dims))
    return &found->second;
  failure = "the value of '" + name.str() + "' is not of type " + printType(tensor);
  return nullptr;
}

/// Which arguments the wanted results are made of; no results are named: all of them.
static llvm::BitVector neededArguments(func::FuncOp function, const llvm::BitVector &wanted) {
  Block &block = function.getBody().front();
  llvm::DenseSet<::mlir::Value> needed;
  for (auto [i, value] : llvm::enumerate(block.getTerminator()->getOperands()))
    if (wanted.empty() || wanted.test(i))
      needed.insert(value);
  for (Operation &op : llvm::reverse(block.without_terminator()))
    if (llvm::any_of(op.getResults(), [&](::mlir::Value result) { return needed.count(result); }))
      needed.insert(op.operand_begin(), op.operand_end());
  llvm::BitVector arguments(function.getNumArguments());
  for (BlockArgument argument : function.getArguments())
    if (needed.count(argument))
      arguments.set(argument.getArgNumber());
  return arguments;
}

/// None, and a problem, where an argument has no value that the wanted results need, or the sizes are none that the
/// function takes.
std::optional<Options> Examiner::optionsFor(func::FuncOp function, SmallVectorImpl<Array> &arguments,
                                            const llvm::BitVector &wanted) {
  Options options;
  options.seed = evidence.seed;
  options.step = evidence.step;
  auto given = [&](BlockArgument argument) {
    auto found = evidence.arguments.find(nameOf(function, argument.getArgNumber()));
    return found == evidence.arguments.end() ? nullptr : &found->second;
  };
  for (BlockArgument argument : function.getArguments())
    if (const Array *array = given(argument))
      bindDims(argument.getType(), *array, options.dims);
  llvm::BitVector needed = neededArguments(function, wanted);
  for (BlockArgument argument : function.getArguments()) {
    std::optional<sym::Role> role = roleOf(function, argument.getArgNumber());
    if (role == sym::Role::seed || role == sym::Role::step) {
      arguments.push_back(scalar(argument.getType(), role == sym::Role::seed ? evidence.seed : evidence.step));
      continue;
    }
    const Array *array = given(argument);
    if (!array && !needed.test(argument.getArgNumber())) {
      arguments.emplace_back();
      continue;
    }
    // The library has no input of which nothing but the sizes matters to the results.
    if (Array any; !array && role == sym::Role::input && zeros(argument.getType(), options.dims, any)) {
      arguments.push_back(std::move(any));
      continue;
    }
    if (!array || !fits(*array, argument.getType(), options.dims)) {
      failure = "the value of '" + nameOf(function, argument.getArgNumber()).str() + "', " +
                printType(argument.getType()) + ", is not given";
      return std::nullopt;
    }
    arguments.push_back(*array);
  }
  for (const SizeRequirement &requirement : sizeRequirements(function)) {
    std::optional<int64_t> value = sizeAt(requirement.size, options.dims);
    if (value && *value < requirement.least) {
      failure = "the sizes are none that the model takes: " + printDim(requirement.size) + " is " +
                std::to_string(*value) + ", less than " + std::to_string(requirement.least);
      return std::nullopt;
    }
  }
  return options;
}

bool Examiner::evaluate(func::FuncOp function, Options options, ArrayRef<Array> arguments,
                        SmallVectorImpl<Array> &results, const llvm::BitVector &wanted) {
  Interpreter interpreter(std::move(options));
  Outcome outcome = interpreter.evaluate(function, arguments, wanted);
  if (!outcome.error.empty()) {
    failure = outcome.error;
    return false;
  }
  results.assign(std::make_move_iterator(outcome.results.begin()), std::make_move_iterator(outcome.results.end()));
  return true;
}

/// The first value that differs by what was evaluated so far.
std::optional<Finding> Examiner::firstDifferent(const std::deque<Value> &values) {
  for (const Value &value : values)
    if (std::optional<Difference> difference = value.comparison.difference()) {
      Operation *op = value.value ? value.value.getDefiningOp() : nullptr;
      return Finding{"",
                     value.name,
                     op ? op->getName().stripDialect().str() : "",
                     "",
                     value.location,
                     std::move(difference),
                     value.elements};
    }
  return std::nullopt;
}

/// Evaluates exactly (0) and with roundings, more often before something is found.
std::optional<Finding> Examiner::findFirst(std::deque<Value> &values, llvm::function_ref<bool(uint64_t)> evaluate) {
  std::optional<Finding> finding;
  uint64_t round = 0;
  for (uint64_t rounds : {kRounds, kMoreRounds}) {
    for (; round <= rounds; ++round)
      if (!evaluate(round))
        return std::nullopt;
    finding = firstDifferent(values);
    if (!finding)
      break;
  }
  return finding;
}

//===----------------------------------------------------------------------===//
// The questions
//===----------------------------------------------------------------------===//

std::optional<Finding> Examiner::firstDifferentNode() {
  auto model = module.lookupSymbol<func::FuncOp>("model");
  SmallVector<Array> arguments, results;
  std::optional<Options> options = optionsFor(model, arguments);
  if (!options)
    return std::nullopt;
  options->training = false;
  std::deque<Value> values;
  llvm::DenseMap<::mlir::Value, std::pair<Value *, const Array *>> given;
  forEachValue(model, [&](OpResult result, const std::string &name) {
    const Array *found = valueOf(name, result.getType(), *options);
    if (!found)
      return;
    Location location = result.getLoc();
    values.push_back({result, nodeName(location).str(), location, Comparison(*found), found->count()});
    given[result] = {&values.back(), found};
  });
  if (!failure.empty())
    return std::nullopt;
  return findFirst(values, [&](uint64_t round) {
    Options current = *options;
    current.perturbation = round;
    current.observe = [&](Operation *op, SmallVectorImpl<Array> &made) {
      bool isKnown = llvm::all_of(op->getResults(), [&](::mlir::Value result) { return given.count(result); });
      if (!isKnown)
        return;
      for (OpResult result : op->getResults()) {
        auto [value, array] = given[result];
        if (made.size() <= result.getResultNumber()) // an op without a rule is taken as the library has it
          made.push_back(*array);
        if (round == 0)
          value->comparison.addExact(made[result.getResultNumber()]);
        else
          value->comparison.addRounded(made[result.getResultNumber()]);
        made[result.getResultNumber()] = *array;
      }
    };
    return evaluate(model, std::move(current), arguments, results);
  });
}

std::optional<Finding> Examiner::firstDifferentResult() {
  auto function = module.lookupSymbol<func::FuncOp>(evidence.function);
  if (!function) {
    failure = "there is no function '" + evidence.function + "'";
    return std::nullopt;
  }
  SmallVector<Array> arguments, results;
  std::optional<Options> options = optionsFor(function, arguments);
  if (!options)
    return std::nullopt;
  std::deque<Value> values;
  SmallVector<std::pair<unsigned, Value *>> compared;
  Operation *terminator = function.getBody().front().getTerminator();
  for (unsigned i = 0; i < function.getNumResults(); ++i) {
    StringRef name = resultNameOf(function, i);
    const Array *found = valueOf(name, function.getResultTypes()[i], *options);
    if (!failure.empty())
      return std::nullopt;
    if (!found)
      continue;
    values.push_back({{}, name.str(), terminator->getOperand(i).getLoc(), Comparison(*found), found->count()});
    compared.push_back({i, &values.back()});
  }
  std::optional<Finding> finding = findFirst(values, [&](uint64_t round) {
    Options current = *options;
    current.perturbation = round;
    if (!evaluate(function, std::move(current), arguments, results))
      return false;
    for (auto [i, value] : compared)
      if (round == 0)
        value->comparison.addExact(results[i]);
      else
        value->comparison.addRounded(results[i]);
    return true;
  });
  if (finding)
    finding->function = evidence.function;
  return finding;
}

std::optional<Finding> Examiner::firstNotFinite() {
  auto model = module.lookupSymbol<func::FuncOp>("model");
  SmallVector<Array> arguments;
  std::optional<Options> options = optionsFor(model, arguments);
  if (!options)
    return std::nullopt;
  llvm::DenseMap<::mlir::Value, const Array *> given;
  std::deque<Array> constants;
  forEachValue(model, [&](OpResult result, const std::string &name) {
    if (const Array *found = valueOf(name, result.getType(), *options))
      given[result] = found;
  });
  if (!failure.empty())
    return std::nullopt;
  for (auto [argument, value] : llvm::zip_equal(model.getArguments(), arguments))
    if (value.element) // needed and therefore given
      given[argument] = &value;
  for (Operation &op : model.getBody().front().without_terminator())
    if (op.hasTrait<OpTrait::ConstantLike>())
      given[op.getResult(0)] = &constants.emplace_back(Interpreter(*options).constant(&op));
  std::optional<NotFiniteValues::Made> made =
      NotFiniteValues(model, given).first(/*gradientsAreNot=*/evidence.function == "gradients");
  if (!made)
    return std::nullopt;
  const Array &array = *given[made->value];
  Difference difference{{}, 0, 0, 0, static_cast<int64_t>(made->elements.count())};
  forEachPlace(array.sizes, [&](Place place, int64_t i) {
    if (i == made->elements.find_first()) {
      difference.place = Sizes(place);
      difference.found = array.reals[i];
    }
  });
  Operation *op = made->value.getOwner();
  Finding finding{
      "",           nodeName(op->getLoc()).str(), op->getName().stripDialect().str(), "", op->getLoc(), difference,
      array.count()};
  finding.ofInfinities = made->ofInfinities;
  finding.reachesResult = made->reaches;
  return finding;
}

//===----------------------------------------------------------------------===//
// Passes
//===----------------------------------------------------------------------===//

void PassExaminer::runAfterPass(Pass *pass, Operation *op) {
  if (auto module = dyn_cast<ModuleOp>(op); module && !found && !pass->getArgument().empty())
    look(module, pass->getArgument());
}

/// What of the results of a function, or of the whole model, is compared.
static sym::Role roleOfResults(StringRef function) {
  return function == "predict" ? sym::Role::output : function == "gradients" ? sym::Role::gradient : sym::Role::loss;
}

void PassExaminer::look(ModuleOp module, StringRef pass) {
  Examiner examiner(module, evidence);
  for (StringRef name : {"predict", "loss", "gradients", "evaluate"}) {
    auto function = module.lookupSymbol<func::FuncOp>(name);
    bool isModel = !function;
    if (isModel)
      function = module.lookupSymbol<func::FuncOp>("model");
    if (!function || (isModel && name == "gradients"))
      continue;
    llvm::BitVector wanted(function.getNumResults());
    for (unsigned i = 0; i < function.getNumResults(); ++i)
      if (resultRoleOf(function, i) == roleOfResults(name))
        wanted.set(i);
    if (wanted.none())
      continue;
    SmallVector<Array> arguments, results;
    std::optional<Options> options = examiner.optionsFor(function, arguments, wanted);
    if (options)
      options->training = name == "gradients";
    if (!options || !examiner.evaluate(function, *options, arguments, results, wanted)) {
      if (!evaluated)
        problem = examiner.problem();
      continue;
    }
    evaluated = true;
    problem.clear();
    std::deque<Examiner::Value> values;
    SmallVector<std::pair<unsigned, Examiner::Value *>> compared;
    for (unsigned i : wanted.set_bits()) {
      std::string key = (name + "/" + resultNameOf(function, i)).str();
      auto [before, isNew] = known.try_emplace(key, results[i]);
      if (isNew)
        continue;
      Location location = function.getBody().front().getTerminator()->getOperand(i).getLoc();
      values.push_back({{}, resultNameOf(function, i).str(), location, Comparison(before->second), results[i].count()});
      values.back().comparison.addExact(results[i]);
      compared.push_back({i, &values.back()});
    }
    found = examiner.findFirst(values, [&](uint64_t round) {
      if (round == 0)
        return true;
      options->perturbation = round;
      if (!examiner.evaluate(function, *options, arguments, results, wanted))
        return false;
      for (auto [i, value] : compared)
        value->comparison.addRounded(results[i]);
      return true;
    });
    if (found) {
      found->pass = pass.str();
      found->function = name.str();
      std::swap(found->difference->found, found->difference->reference); // what was before is right
      return;
    }
  }
}
