//===- NodeSections.cpp - Nodes and functions -----------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Frontend/SectionReader.h"

using namespace symc;

static void readNodeNames(SectionReader &in, const JsonValue &value, NodeDecl &node) {
  const JsonValue *name = in.get(value, "name");
  auto read = [&](const JsonValue &item) {
    in.readGraphName(item.string(), item.range, "a node");
    node.names.push_back({item.string(), item.range});
  };
  if (!name) {
    if (!in.isMisspelt(value, "name"))
      in.report.error({value.range.begin, value.range.begin + 1}, code::MissingKey, "a node lacks the key 'name'");
  } else if (name->is(JsonValue::Array)) {
    if (name->count == 0)
      in.report.error(name->range, code::EmptyList, "a node has an empty list of names");
    for (const JsonValue &item : name->items())
      if (wantKind(item, JsonValue::String, "a node's name", in.report))
        read(item);
  } else if (name->is(JsonValue::String)) {
    read(*name);
  } else if (!name->is(JsonValue::Bad)) {
    in.report.error(name->range, code::WrongKind,
                    "a node's name must be a string or a list of strings, not " + std::string(kindName(*name)));
  }
}

/// An expression, or an op.
static void readNodeBody(SectionReader &in, const JsonValue &value, NodeDecl &node) {
  node.expr = in.get(value, "expr", JsonValue::String);
  node.op = in.get(value, "op", JsonValue::String);
  bool hasExpr = in.get(value, "expr"), hasOp = in.get(value, "op");
  if (hasExpr && hasOp)
    in.report.error(value.find("op")->keyRange, code::NodeBody, "a node has either 'expr' or 'op', not both");
  else if (!hasExpr && !hasOp && !in.isMisspelt(value, "expr") && !in.isMisspelt(value, "op"))
    in.report.error({value.range.begin, value.range.begin + 1}, code::NodeBody, "a node has neither 'expr' nor 'op'");
  for (std::string_view key : {"inputs", "attrs"})
    if (const JsonMember *member = value.find(key); member && hasExpr && !hasOp)
      in.report.error(member->keyRange, code::NodeBody, quoted(key) + " belongs to 'op'",
                      "an expression names its operands and attributes itself");
}

/// A list of names, or an object from operands to names.
static void readNodeInputs(SectionReader &in, const JsonValue &value, NodeDecl &node) {
  const JsonValue *inputs = in.get(value, "inputs");
  if (!inputs)
    return;
  auto read = [&](const JsonValue &item) {
    if (item.is(JsonValue::Number) || item.is(JsonValue::Bool))
      in.report.error(item.range, code::WrongKind,
                      "an input of a node must be a name, not " + std::string(kindName(item)),
                      "literals belong to 'expr'");
    else if (wantKind(item, JsonValue::String, "an input of a node", in.report))
      node.inputs.push_back(&item);
  };
  if (!inputs->is(JsonValue::Object) && !inputs->is(JsonValue::Array) && !inputs->is(JsonValue::Bad))
    in.report.error(inputs->range, code::WrongKind,
                    "'inputs' must be a list of names or an object from operands to names, not " +
                        std::string(kindName(*inputs)));
  for (const JsonMember &member : inputs->members()) {
    node.operands.push_back({member.key, member.keyRange});
    read(member.value);
  }
  for (const JsonValue &item : inputs->items())
    read(item);
}

void symc::readNodes(SectionReader &in, const JsonValue &list, std::vector<NodeDecl> &out) {
  out.reserve(out.size() + list.count);
  for (const JsonValue &value : list.items()) {
    if (!wantKind(value, JsonValue::Object, "a node", in.report))
      continue;
    NodeDecl node;
    node.object = value.range;
    size_t before = in.report.diagnostics.errorCount();
    in.checkKeys(value, "a node", {"name", "expr", "op", "inputs", "attrs", "device", "shard", "doc"});
    readNodeNames(in, value, node);
    readNodeBody(in, value, node);
    readNodeInputs(in, value, node);
    node.attrs = in.get(value, "attrs", JsonValue::Object);
    in.checkDevice(value);
    in.notYet(value, "shard", "sharding over a mesh");
    node.doc = in.doc(value);
    node.bad = in.report.diagnostics.errorCount() != before;
    out.push_back(std::move(node));
  }
}

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

/// With types, or names alone: then the types come from each call.
static void readFunctionInputs(SectionReader &in, const JsonValue &inputs, FunctionDecl &function) {
  if (inputs.is(JsonValue::Object))
    return readTensors(in, inputs, TensorRole::FunctionInput, function.inputs);
  if (!inputs.is(JsonValue::Array)) {
    if (!inputs.is(JsonValue::Bad))
      in.report.error(inputs.range, code::WrongKind,
                      "'inputs' must be a list of names or an object from names to types, not " +
                          std::string(kindName(inputs)));
    return;
  }
  function.typed = false;
  for (const JsonValue &input : inputs.items())
    if (wantKind(input, JsonValue::String, "an input of a function", in.report) &&
        in.readGraphName(input.string(), input.range, "an input of a function")) {
      function.inputs.emplace_back();
      function.inputs.back().name = {input.string(), input.range};
    }
}

static void readFunctionBody(SectionReader &in, const JsonValue &value, FunctionDecl &function) {
  in.checkKeys(value, "a function", {"inputs", "nodes", "outputs", "doc"});
  if (const JsonValue *inputs = in.get(value, "inputs"))
    readFunctionInputs(in, *inputs, function);
  if (const JsonValue *nodes = in.get(value, "nodes", JsonValue::Array))
    readNodes(in, *nodes, function.nodes);
  if (const JsonValue *outputs = in.get(value, "outputs", JsonValue::Array, true, "a function")) {
    if (outputs->count == 0)
      in.report.error(outputs->range, code::EmptyList,
                      "the function " + quoted(function.name.text) + " has no outputs");
    for (const JsonValue &item : outputs->items())
      if (wantKind(item, JsonValue::String, "an output", in.report))
        function.outputs.push_back(&item);
  }
  in.doc(value);
}

void symc::readFunctions(SectionReader &in, const JsonValue &section, GraphDecl &graph) {
  for (const JsonMember &member : section.members()) {
    FunctionDecl function;
    function.name = {member.key, member.keyRange};
    size_t before = in.report.diagnostics.errorCount();
    in.readGraphName(member.key, member.keyRange, "a function");
    if (wantKind(member.value, JsonValue::Object, "a function", in.report))
      readFunctionBody(in, member.value, function);
    function.bad = in.report.diagnostics.errorCount() != before;
    graph.functions.push_back(std::move(function));
  }
}
