//===- AttributeReader.cpp - Values of graph files as attributes ----------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// How a value becomes an attribute is decided by the attribute's kind alone, never by the op.
//
//===----------------------------------------------------------------------===//

#include "lib/Frontend/ImportContext.h"
#include "lib/Support/Suggest.h"
#include "llvm/ADT/StringExtras.h"
#include <cmath>

using namespace mlir;
using namespace symc;

Literal ImportContext::literal(const JsonValue &root) {
  // JSON nests at most 256 levels, so recursion over lists is bounded.
  std::function<Literal(const JsonValue &)> convert = [&](const JsonValue &value) {
    Literal out;
    out.range = value.range;
    switch (value.kind) {
    case JsonValue::Null:
      break;
    case JsonValue::Bool:
      out.kind = Literal::Bool;
      out.integer = value.boolean;
      break;
    case JsonValue::Number:
      out.kind = value.isInteger() ? Literal::Integer : Literal::Real;
      out.integer = value.isInteger() ? value.integer : 0;
      out.real = value.number();
      break;
    case JsonValue::String:
      out.kind = Literal::String;
      out.text = value.string();
      break;
    case JsonValue::Array:
      out.kind = Literal::List;
      for (const JsonValue &item : value.items())
        out.items.push_back(convert(item));
      break;
    case JsonValue::Object:
      report.error(value.range, code::AttributeKind, "an attribute cannot be an object");
      out.kind = Literal::Bad;
      break;
    case JsonValue::Bad:
      out.kind = Literal::Bad;
      break;
    }
    return out;
  };
  return convert(root);
}

RankedTensorType ImportContext::tensorType(const TypeText &type) {
  Dims sizes;
  for (const DimText &dim : type.dims)
    sizes.push_back(dim.symbolic ? dims.lookup(ref(dim.name)).size : constantDim(context, dim.size));
  return symc::tensorType(sizes, mlirType(context, type.element));
}

Dim ImportContext::dimension(std::string_view name, TextRange range) {
  auto it = dims.find(ref(name));
  if (it != dims.end())
    return it->second.size;
  Suggestion nearest(name);
  if (report.hasRoom())
    for (const auto &dim : dims)
      nearest.consider(view(dim.getKey()));
  report.error(range, code::UnknownDimension, "unknown dimension " + quoted(name),
               {nearest.best().empty() ? "a dimension is introduced by the type of an input" : "", nearest.best(), {}});
  return {};
}

//===----------------------------------------------------------------------===//
// Kinds
//===----------------------------------------------------------------------===//

static std::string wanted(const AttrSchema &schema) {
  switch (schema.kind) {
  case AttrKind::I64:
    return "an integer";
  case AttrKind::F64:
  case AttrKind::Number:
    return "a number";
  case AttrKind::Order:
    return "a number, 'inf' or '-inf'";
  case AttrKind::Bool:
    return "true or false";
  case AttrKind::Str:
    return "a string";
  case AttrKind::Axes:
    return "an axis or a list of axes";
  case AttrKind::Ints:
    return "an integer or a list of integers";
  case AttrKind::OpenInts:
    return "a list of integers and nulls";
  case AttrKind::OpenBounds:
    return "a list of integers, names of dimensions and nulls";
  case AttrKind::PadWidth:
    return "a list of pairs [before, after]";
  case AttrKind::DType:
    return "the name of an element type";
  case AttrKind::ActivationName:
    return "the name of an activation";
  case AttrKind::Function:
    return "the name of a function";
  case AttrKind::Shape:
  case AttrKind::Sizes:
    return "a list of integers and names of dimensions";
  case AttrKind::Padding:
    return "'valid', 'same' or a list of pairs [before, after]";
  case AttrKind::Enum: {
    std::string text = "one of";
    for (StringRef word : schema.cases)
      text += (text.size() > 6 ? ", " : " ") + quoted(word);
    return text;
  }
  }
  return "another value";
}

static std::string found(ImportContext &context, const Literal &value) {
  std::string text = printable(context.textOf(value.range));
  switch (value.kind) {
  case Literal::Null:
    return "null";
  case Literal::Bool:
    return value.integer ? "true" : "false";
  case Literal::Real:
    return text;
  case Literal::Integer:
  case Literal::Size:
    return text;
  case Literal::String:
    return "the string " + quoted(value.text);
  case Literal::List:
    return "the list " + text;
  case Literal::Bad:
    break;
  }
  return text;
}

namespace {

/// Reads one value; `bad()` reports it once.
class AttributeReader {
public:
  AttributeReader(ImportContext &context, const OpSchema &op, const AttrSchema &schema)
      : context(context), op(op), schema(schema) {}

  Attribute read(const Literal &value);

private:
  std::nullptr_t bad(const Literal &value) {
    if (value.kind == Literal::Bad)
      return nullptr;
    std::string hint;
    if (value.kind == Literal::Real && schema.kind != AttrKind::F64 && schema.kind != AttrKind::Order &&
        schema.kind != AttrKind::Number)
      hint = "integers are written without fraction and exponent";
    else if (value.kind == Literal::Size)
      hint = "the value must be known at compile time";
    context.report.error(value.range, code::AttributeKind,
                         "attribute " + quoted(schema.name) + " of " + quoted(op.mnemonic) + " must be " +
                             wanted(schema) + ", not " + found(context, value),
                         hint);
    return nullptr;
  }
  std::nullptr_t unknown(const Literal &value, std::string_view what, std::string_view code,
                         ArrayRef<StringRef> candidates) {
    Suggestion nearest(value.text);
    for (StringRef candidate : candidates)
      nearest.consider(view(candidate));
    context.report.error(
        value.range, code, std::string(what) + " " + quoted(value.text),
        {nearest.best().empty() && candidates.size() <= 8 ? "it must be " + wanted(schema) : "", nearest.best(), {}});
    return nullptr;
  }

  Attribute readNumber(const Literal &value);
  Attribute readInts(const Literal &value, bool open);
  Attribute readBounds(const Literal &value);
  Attribute readPairs(const Literal &value, SmallVectorImpl<int64_t> &pairs);
  Attribute readShape(const Literal &value);
  Attribute readDType(const Literal &value);
  Attribute readActivation(const Literal &value);

  ImportContext &context;
  const OpSchema &op;
  const AttrSchema &schema;
};

} // namespace

Attribute AttributeReader::readNumber(const Literal &value) {
  Builder &b = context.b;
  bool order = schema.kind == AttrKind::Order, element = schema.kind == AttrKind::Number;
  Attribute number;
  if (order && value.kind == Literal::String && (value.text == "inf" || value.text == "-inf"))
    number = b.getF64FloatAttr(value.text == "inf" ? HUGE_VAL : -HUGE_VAL);
  else if (element && value.kind == Literal::Bool)
    number = b.getBoolAttr(value.integer);
  else if (element && value.kind == Literal::Integer)
    number = b.getI64IntegerAttr(value.integer);
  else if (uint64_t large;
           element && value.kind == Literal::Real && llvm::to_integer(ref(context.textOf(value.range)), large, 10))
    number = b.getIntegerAttr(b.getIntegerType(64, /*isSigned=*/false), APInt(64, large)); // what u64 has beyond i64
  else if (value.kind == Literal::Integer || value.kind == Literal::Real)
    number = b.getF64FloatAttr(value.real);
  else
    return bad(value);
  if (auto real = dyn_cast<FloatAttr>(number); real && !isInRange(schema.range, real.getValueAsDouble())) {
    context.report.error(value.range, code::AttributeValue,
                         quoted(schema.name) + " of " + quoted(op.mnemonic) + " must be " +
                             wantedOf(schema.range).str() + ", not " + printable(context.textOf(value.range)));
    return nullptr;
  }
  return number;
}

Attribute AttributeReader::readInts(const Literal &value, bool open) {
  OpenInts entries;
  auto add = [&](const Literal &item) {
    if (item.kind == Literal::Integer)
      entries.push_back(item.integer);
    else if (open && item.kind == Literal::Null)
      entries.push_back(std::nullopt);
    else
      return false;
    return true;
  };
  if (value.kind == Literal::List) {
    for (const Literal &item : value.items)
      if (!add(item))
        return item.kind == Literal::List ? bad(value) : bad(item);
  } else if (value.kind == Literal::Null || !add(value)) {
    return bad(value);
  }
  if (open)
    return openIntsAttr(context.context, entries);
  SmallVector<int64_t> integers;
  for (std::optional<int64_t> entry : entries)
    integers.push_back(*entry);
  return context.b.getDenseI64ArrayAttr(integers);
}

Attribute AttributeReader::readBounds(const Literal &value) {
  OpenBounds bounds;
  auto add = [&](const Literal &item) {
    if (item.kind == Literal::Integer)
      bounds.push_back(constantDim(context.context, item.integer));
    else if (item.kind == Literal::Size)
      bounds.push_back(item.size);
    else if (item.kind == Literal::Null)
      bounds.push_back(std::nullopt);
    else if (Dim size = item.kind == Literal::String ? context.dimension(item.text, item.range) : Dim())
      bounds.push_back(size);
    else
      return false;
    return true;
  };
  auto addOrReport = [&](const Literal &item) {
    bool good = add(item);
    if (!good && item.kind != Literal::String) // an unknown dimension is reported
      bad(item);
    return good;
  };
  if (value.kind == Literal::List)
    return llvm::all_of(value.items, addOrReport) ? openBoundsAttr(context.context, bounds) : ArrayAttr();
  if (value.kind == Literal::Null || value.kind == Literal::String)
    return bad(value);
  return addOrReport(value) ? openBoundsAttr(context.context, bounds) : ArrayAttr();
}

Attribute AttributeReader::readPairs(const Literal &value, SmallVectorImpl<int64_t> &pairs) {
  if (value.kind != Literal::List)
    return bad(value);
  for (const Literal &pair : value.items) {
    if (pair.kind != Literal::List || pair.items.size() != 2)
      return bad(pair.kind == Literal::Bad ? pair : value);
    for (const Literal &item : pair.items) {
      if (item.kind != Literal::Integer)
        return bad(item);
      pairs.push_back(item.integer);
    }
  }
  return context.b.getDenseI64ArrayAttr(pairs);
}

Attribute AttributeReader::readShape(const Literal &value) {
  Dims sizes;
  auto add = [&](const Literal &item) -> bool {
    Dim size;
    if (item.kind == Literal::Integer)
      size = constantDim(context.context, item.integer);
    else if (item.kind == Literal::Size)
      size = item.size;
    else if (item.kind == Literal::String)
      size = context.dimension(item.text, item.range);
    else
      bad(item);
    std::optional<int64_t> known = size ? constantValue(size) : std::nullopt;
    bool inferred = schema.kind == AttrKind::Shape && item.kind == Literal::Integer && known == -1;
    if (known && *known < 0 && !inferred) {
      context.report.error(item.range, code::AttributeValue,
                           "the size " + std::to_string(*known) + " in " + quoted(schema.name) + " is negative",
                           schema.kind == AttrKind::Shape ? "-1 stands for the size that is inferred"
                                                          : "only 'reshape' infers a size from -1");
      return false;
    }
    sizes.push_back(size);
    return bool(size);
  };
  if (value.kind == Literal::List) {
    bool good = true;
    for (const Literal &item : value.items)
      good &= add(item);
    if (!good)
      return nullptr;
  } else if (value.kind == Literal::String || value.kind == Literal::Null || value.kind == Literal::Bool) {
    return bad(value);
  } else if (!add(value)) {
    return nullptr;
  }
  return sym::DimsAttr::get(context.context, sizes);
}

Attribute AttributeReader::readDType(const Literal &value) {
  if (value.kind != Literal::String)
    return bad(value);
  // The element type of a type: `f33[]` is checked as types are, with the same suggestions.
  TypeText type;
  SyntaxError error;
  std::string text = std::string(value.text) + "[]";
  bool word = isIdentifier(value.text);
  if (!word || !parseTypeText(text, type, error)) {
    context.report.error(value.range, code::UnknownElementType, "unknown element type " + quoted(value.text),
                         {"", word ? error.suggestion : "", {}});
    return nullptr;
  }
  return TypeAttr::get(mlirType(context.context, type.element));
}

Attribute AttributeReader::readActivation(const Literal &value) {
  if (value.kind != Literal::String)
    return bad(value);
  const OpSchema *named = findOpSchema(ref(value.text));
  if (named && named->activation)
    return context.b.getStringAttr(ref(value.text));
  SmallVector<StringRef> activations;
  for (const OpSchema &schema : opSchemas())
    if (schema.activation)
      activations.push_back(schema.mnemonic);
  return unknown(value, "unknown activation", code::AttributeValue, activations);
}

Attribute AttributeReader::read(const Literal &value) {
  Builder &b = context.b;
  switch (schema.kind) {
  case AttrKind::I64:
    return value.kind == Literal::Integer ? Attribute(b.getI64IntegerAttr(value.integer)) : bad(value);
  case AttrKind::F64:
  case AttrKind::Order:
  case AttrKind::Number:
    return readNumber(value);
  case AttrKind::Bool:
    return value.kind == Literal::Bool ? Attribute(b.getBoolAttr(value.integer)) : bad(value);
  case AttrKind::Str:
  case AttrKind::Function:
    return value.kind == Literal::String ? Attribute(b.getStringAttr(ref(value.text))) : bad(value);
  case AttrKind::Axes:
  case AttrKind::Ints:
    return readInts(value, /*open=*/false);
  case AttrKind::OpenInts:
    return readInts(value, /*open=*/true);
  case AttrKind::OpenBounds:
    return readBounds(value);
  case AttrKind::PadWidth: {
    SmallVector<int64_t> pairs;
    return readPairs(value, pairs);
  }
  case AttrKind::DType:
    return readDType(value);
  case AttrKind::ActivationName:
    return readActivation(value);
  case AttrKind::Shape:
  case AttrKind::Sizes:
    return readShape(value);
  case AttrKind::Padding: {
    if (value.kind == Literal::String) {
      if (value.text == "valid" || value.text == "same")
        return sym::PaddingAttr::get(context.context,
                                     value.text == "same" ? sym::PaddingKind::same : sym::PaddingKind::valid, {});
      return unknown(value, "unknown padding", code::AttributeValue, {"valid", "same"});
    }
    SmallVector<int64_t> pairs;
    if (!readPairs(value, pairs))
      return nullptr;
    return sym::PaddingAttr::get(context.context, sym::PaddingKind::explicit_, pairs);
  }
  case AttrKind::Enum: {
    if (value.kind != Literal::String)
      return bad(value);
    if (Attribute attribute = schema.makeCase(context.context, ref(value.text)))
      return attribute;
    return unknown(value, "unknown value of " + quoted(schema.name) + ":", code::AttributeValue, schema.cases);
  }
  }
  return nullptr;
}

Attribute symc::readAttribute(ImportContext &context, const OpSchema &op, const AttrSchema &schema,
                              const Literal &value) {
  return AttributeReader(context, op, schema).read(value);
}
