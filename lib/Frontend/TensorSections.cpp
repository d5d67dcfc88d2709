//===- TensorSections.cpp - Inputs, parameters and constants --------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Frontend/SectionReader.h"

using namespace symc;

static void readType(SectionReader &in, const JsonValue &value, TensorDecl &decl) {
  if (!wantKind(value, JsonValue::String, "a type", in.report))
    return;
  TypeText type;
  SyntaxError error;
  StringPlaces places(in.report.source.text(), value);
  if (!parseTypeText(value.string(), type, error)) {
    in.report.error(places, error);
    return;
  }
  auto inText = [&](TextRange range) { return TextRange{places.inText(range.begin), places.inText(range.end)}; };
  type.elementRange = inText(type.elementRange);
  for (DimText &dim : type.dims)
    dim.range = inText(dim.range);
  decl.typeValue = &value;
  decl.type = std::move(type);
}

/// The type, the documentation and the place of a tensor.
static void readDeclaration(SectionReader &in, const JsonValue &value, TensorRole role, std::string_view what,
                            TensorDecl &decl) {
  if (value.is(JsonValue::String) && role != TensorRole::Constant)
    return readType(in, value, decl);
  if (!value.is(JsonValue::Object)) {
    if (!value.is(JsonValue::Bad))
      in.report.error(value.range, code::WrongKind,
                      std::string(what) + " must be " + (role == TensorRole::Constant ? "" : "a type or ") +
                          "an object, not " + std::string(kindName(value)));
    return;
  }
  static const std::vector<std::string_view> keys[] = {{"type", "doc", "device", "shard"},
                                                       {"type", "init", "trainable", "device", "shard", "doc"},
                                                       {"type", "value", "file", "key", "doc"},
                                                       {"type", "doc"}};
  in.checkKeys(value, what, keys[size_t(role)]);
  if (const JsonValue *type = in.get(value, "type"))
    readType(in, *type, decl);
  else
    in.get(value, "type", JsonValue::String, true, what);
  decl.doc = in.doc(value);
  if (role == TensorRole::Input || role == TensorRole::Parameter) {
    in.checkDevice(value);
    in.notYet(value, "shard", "sharding over a mesh");
  }
}

static void readParameter(SectionReader &in, const JsonMember &member, TensorDecl &decl) {
  std::string said = "the parameter " + quoted(member.key);
  if (decl.type)
    for (const DimText &dim : decl.type->dims) {
      if (!dim.symbolic && dim.size != 0)
        continue;
      if (dim.symbolic)
        in.report.error(dim.range, code::ParameterShape, said + " has the symbolic dimension " + quoted(dim.name),
                        "parameters have static shapes");
      else
        in.report.error(dim.range, code::ParameterShape, said + " has an empty dimension");
      decl.type.reset();
      break;
    }
  if (member.value.is(JsonValue::Object)) {
    decl.init = in.get(member.value, "init");
    const JsonValue *trainable = in.get(member.value, "trainable", JsonValue::Bool);
    decl.trainable = !trainable || trainable->boolean;
  }
  if (decl.type && decl.trainable && !isFloating(decl.type->element)) {
    in.report.error(decl.typeValue->range, code::TrainableInteger,
                    said + " of type " + quoted(decl.typeValue->string()) + " cannot be trained",
                    "say \"trainable\": false");
    decl.trainable = false;
  }
}

/// A constant has 'value', or 'file' and 'key'.
static void readConstantBody(SectionReader &in, const JsonMember &member, TensorDecl &decl) {
  const JsonValue &value = member.value;
  std::string said = "the constant " + quoted(member.key);
  decl.value = in.get(value, "value");
  decl.file = in.get(value, "file");
  decl.key = in.get(value, "key");
  bool good = (!decl.file || wantKind(*decl.file, JsonValue::String, "'file'", in.report));
  good &= (!decl.key || wantKind(*decl.key, JsonValue::String, "'key'", in.report));
  TextRange brace{value.range.begin, value.range.begin + 1};
  if (!decl.value && !decl.file) {
    if (!in.isMisspelt(value, "value") && !in.isMisspelt(value, "file"))
      in.report.error(brace, code::ConstantBody, said + " has neither 'value' nor 'file'");
  } else if (decl.value && decl.file) {
    in.report.error(value.find("file")->keyRange, code::ConstantBody, said + " has both 'value' and 'file'");
  } else if (decl.file && !decl.key) {
    if (!in.isMisspelt(value, "key"))
      in.report.error(brace, code::MissingKey, said + " has 'file' and lacks 'key'");
  } else if (decl.key && !decl.file) {
    in.report.error(value.find("key")->keyRange, code::ConstantBody, "'key' belongs to 'file'");
  }
  if (!good || !decl.value == !decl.file || (decl.file && !decl.key))
    decl.type.reset();
  if (!decl.type)
    return;
  for (const DimText &dim : decl.type->dims)
    if (dim.symbolic) {
      in.report.error(dim.range, code::ParameterShape, said + " has the symbolic dimension " + quoted(dim.name),
                      "constants have static shapes");
      decl.type.reset();
      return;
    }
}

void symc::readTensors(SectionReader &in, const JsonValue &section, TensorRole role, std::vector<TensorDecl> &out) {
  static constexpr std::string_view whats[] = {"an input", "a parameter", "a constant", "an input of a function"};
  std::string_view what = whats[size_t(role)];
  for (const JsonMember &member : section.members()) {
    TensorDecl decl;
    decl.name = {member.key, member.keyRange};
    decl.object = member.value.range;
    if (role == TensorRole::Input)
      in.readPublicName(member.key, member.keyRange, what);
    else
      in.readGraphName(member.key, member.keyRange, what);
    readDeclaration(in, member.value, role, what, decl);
    if (role == TensorRole::Parameter)
      readParameter(in, member, decl);
    else if (role == TensorRole::Constant && member.value.is(JsonValue::Object))
      readConstantBody(in, member, decl);
    out.push_back(std::move(decl));
  }
}
