//===- InitializerReader.cpp - How a parameter starts ---------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "dialects/sym/TrainOptions.h"
#include "lib/Frontend/ImportContext.h"
#include "lib/Support/OtherNames.h"
#include "lib/Support/Suggest.h"
#include "llvm/ADT/StringExtras.h"
#include <cmath>

using namespace mlir;
using namespace symc;

namespace {

/// Reads the options of an initialiser for a parameter of one type.
class InitializerReader {
public:
  InitializerReader(ImportContext &context, const ChoiceDecl &choice, const Initializer &initializer,
                    RankedTensorType type)
      : context(context), report(context.report), choice(choice), initializer(initializer), type(type),
        element(type.getElementType()), numbers{initializer.first, 0} {
    for (auto [i, option] : llvm::enumerate(initializer.options))
      numbers[i] = option.required ? NAN : option.standard;
  }

  /// Null after reporting.
  Attribute read() {
    if (!readOptions() || !checkBounds() || !checkRequired() || !checkParameter())
      return {};
    return initializer.scheme == InitScheme::Plain ? make(numbers[0], numbers[1]) : scaled();
  }

private:
  bool readOptions();
  void readOption(size_t i, const JsonValue &value);
  void setInteger(int64_t integer);
  bool checkBounds();
  bool checkRequired();
  bool checkParameter();
  Attribute scaled() const;

  Attribute make(double a, double b) const { return sym::InitAttr::get(context.context, initializer.kind, a, b); }
  bool fail(TextRange range, std::string_view code, std::string message, std::string hint = "") {
    report.error(range, code, std::move(message), std::move(hint));
    return false;
  }

  ImportContext &context;
  const Reporter &report;
  const ChoiceDecl &choice;
  const Initializer &initializer;
  RankedTensorType type;
  Type element;
  double numbers[2];
};

} // namespace

bool InitializerReader::readOptions() {
  if (!choice.options)
    return true;
  std::vector<std::string_view> keys;
  for (const TrainOption &option : initializer.options)
    keys.push_back(view(option.name));
  size_t before = report.diagnostics.errorCount();
  checkKeys(*choice.options, "the initialiser " + quoted(view(initializer.name)), keys, report);
  for (size_t i = 0; i < keys.size(); ++i)
    if (const JsonMember *member = choice.options->find(keys[i]))
      readOption(i, member->value);
  return report.diagnostics.errorCount() == before;
}

void InitializerReader::readOption(size_t i, const JsonValue &value) {
  std::string_view option = view(initializer.options[i].name);
  bool truth = value.is(JsonValue::Bool) && element.isInteger(1);
  if (!truth && !wantKind(value, JsonValue::Number, quoted(option), report))
    return;
  // What u64 has beyond i64 is given by its bits.
  uint64_t bits;
  bool large = initializer.kind == sym::InitKind::constant && element.isUnsignedInteger(64) && !truth &&
               !value.isInteger() && llvm::to_integer(ref(context.textOf(value.range)), bits, 10);
  if (large)
    return setInteger(static_cast<int64_t>(bits));
  bool whole = truth || value.isInteger();
  int64_t integer = truth ? value.boolean : whole ? value.integer : 0;
  numbers[i] = whole ? static_cast<double>(integer) : value.number();
  if (initializer.options[i].range == TrainOptionRange::NotNegative && numbers[i] < 0)
    report.error(value.range, code::ValueRange, quoted(option) + " must be 0 or more");
  if (!isa<FloatType>(element) && !whole)
    report.error(value.range, code::BadInitializer,
                 value.integral ? quoted(option) + " is " + printable(context.textOf(value.range)) + ", which " +
                                      printElementType(element) + " cannot represent"
                                : "a parameter of " + printElementType(element) + " starts with an integer");
  else if (Builder &b = context.b;
           !Number(whole ? TypedAttr(b.getI64IntegerAttr(integer)) : TypedAttr(b.getF64FloatAttr(numbers[i])))
                .as(element))
    report.error(value.range, code::BadInitializer,
                 quoted(option) + " is " + printable(context.textOf(value.range)) + ", which " +
                     printElementType(element) + " cannot represent");
  if (initializer.kind == sym::InitKind::constant && isa<IntegerType>(element) && whole)
    setInteger(integer);
}

/// What a double does not hold is the sum of two.
void InitializerReader::setInteger(int64_t integer) {
  bool large = integer > int64_t(1) << 53 || integer < -(int64_t(1) << 53);
  numbers[1] = large ? static_cast<double>(integer & 1023) : 0;
  numbers[0] = static_cast<double>(large ? integer - (integer & 1023) : integer);
}

/// Bounds ascend, and so does what lies between them: a number that the parameter holds.
bool InitializerReader::checkBounds() {
  if (!choice.options || initializer.kind != sym::InitKind::uniform || initializer.options.empty())
    return true;
  if (numbers[0] > numbers[1])
    return fail(choice.name.range, code::ValueRange, "'low' is greater than 'high'");
  double width = numbers[1] - numbers[0];
  if (!isa<FloatType>(element) || (std::isfinite(width) && fitsElement(context.b.getF64FloatAttr(width), element)))
    return true;
  return fail(choice.name.range, code::BadInitializer,
              "'high' - 'low' is a number that " + printElementType(element) + " cannot represent");
}

bool InitializerReader::checkRequired() {
  if (!std::isnan(numbers[0]))
    return true;
  return fail(
      choice.options ? TextRange{choice.options->range.begin, choice.options->range.begin + 1} : choice.name.range,
      code::MissingKey, "the initialiser 'constant' lacks the key 'value'", "write { \"constant\": { \"value\": 1 } }");
}

/// Whether the initialiser is for parameters of this type.
bool InitializerReader::checkParameter() {
  if (!initializer.integers && !isa<FloatType>(element))
    return fail(choice.name.range, code::BadInitializer,
                quoted(view(initializer.name)) + " is for floating parameters, not for " + printType(type));
  bool matrix = initializer.scheme != InitScheme::Plain || initializer.kind == sym::InitKind::orthogonal ||
                initializer.kind == sym::InitKind::identity;
  if (matrix && type.getRank() < 2)
    return fail(choice.name.range, code::BadInitializer,
                quoted(view(initializer.name)) + " is for parameters of rank 2 or more, not for " + printType(type));
  return true;
}

/// The numbers of a scheme that keeps the variance of what flows through a layer.
Attribute InitializerReader::scaled() const {
  // A kernel is [receptive field…, in, out].
  double receptive = 1;
  for (int64_t size : type.getShape().drop_back(2))
    receptive *= static_cast<double>(size);
  double fanIn = receptive * static_cast<double>(type.getShape().drop_back().back());
  double fanOut = receptive * static_cast<double>(type.getShape().back());
  double variance = initializer.scheme == InitScheme::Glorot ? 2 / (fanIn + fanOut)
                    : initializer.scheme == InitScheme::He   ? 2 / fanIn
                                                             : 1 / fanIn;
  if (initializer.kind == sym::InitKind::normal)
    return make(0, std::sqrt(variance));
  double limit = std::sqrt(3 * variance);
  return make(-limit, limit);
}

/// Null after reporting.
static const Initializer *findInitializer(const DeclaredName &name, const Reporter &report) {
  Suggestion nearest(name.text);
  for (const Initializer &candidate : initializers()) {
    nearest.consider(view(candidate.name));
    if (candidate.name == ref(name.text))
      return &candidate;
  }
  const OtherName *other = findOtherName(otherInitializers, name.text);
  reportUnknown(report, name.range, code::UnknownInitializer, "unknown initialiser " + quoted(name.text),
                other ? std::string(other->here) : nearest.best());
  return nullptr;
}

Attribute symc::readInitializer(ImportContext &context, const TensorDecl &decl, RankedTensorType type) {
  if (!decl.init)
    return sym::InitAttr::get(context.context, sym::InitKind::zeros, 0, 0);
  std::optional<ChoiceDecl> choice = readChoice(*decl.init, "'init'", context.report);
  if (!choice)
    return {};
  const Initializer *initializer = findInitializer(choice->name, context.report);
  return initializer ? InitializerReader(context, *choice, *initializer, type).read() : Attribute();
}
