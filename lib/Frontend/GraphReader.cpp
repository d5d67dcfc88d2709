//===- GraphReader.cpp - The structure of a graph file --------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Frontend/GraphReader.h"
#include "lib/Support/Json.h"
#include "lib/Support/Suggest.h"

#include <cmath>
#include <set>

using namespace symc;

//===----------------------------------------------------------------------===//
// Sections
//===----------------------------------------------------------------------===//

namespace {

class GraphReader {
public:
  explicit GraphReader(const Reporter &report) : report(report) {}

  GraphDecl read(const JsonValue &root);

private:
  using Kind = JsonValue::Kind;

  void checkKeys(const JsonValue &object, std::string_view where, const std::vector<std::string_view> &known) {
    for (std::string &key : symc::checkKeys(object, where, known, report))
      meant.insert({object.range.begin, std::move(key)});
  }
  /// Whether a misspelt key of the object, which is reported, stands for `key`.
  bool isMisspelt(const JsonValue &object, std::string_view key) const {
    return !meant.empty() && meant.count({object.range.begin, std::string(key)});
  }
  const JsonValue *get(const JsonValue &object, std::string_view key) const {
    const JsonMember *member = object.find(key);
    return member ? &member->value : nullptr;
  }
  /// The value of `key` if it has that kind; a missing one is reported when `required`.
  const JsonValue *get(const JsonValue &object, std::string_view key, Kind kind, bool required = false,
                       std::string_view where = {});
  std::string_view getDoc(const JsonValue &object) {
    const JsonValue *doc = get(object, "doc", JsonValue::String);
    return doc ? doc->string() : std::string_view();
  }
  std::optional<int64_t> integer(const JsonValue &value, std::string_view what);
  std::optional<double> number(const JsonValue &value, std::string_view what);
  void notYet(const JsonValue &object, std::string_view key, std::string_view what);
  void checkDevice(const JsonValue &object);
  void checkDeviceValue(const JsonValue &value);

  void readVersion(const JsonValue &root);
  void readName(const JsonValue &root, GraphDecl &graph);
  void readDims(const JsonValue &section, GraphDecl &graph);
  bool readGraphName(std::string_view name, TextRange range, std::string_view what);
  bool readPublicName(std::string_view name, TextRange range, std::string_view what, std::string hint = "");
  void readType(const JsonValue &value, TensorDecl &decl);
  enum class Role { Input, Parameter, Constant, FunctionInput };
  void readTensor(const JsonMember &member, Role role, std::vector<TensorDecl> &out);
  void readNodes(const JsonValue &list, std::vector<NodeDecl> &out);
  void readNode(const JsonValue &value, std::vector<NodeDecl> &out);
  void readFunction(const JsonMember &member, GraphDecl &graph);
  void readOutputs(const JsonValue &value, std::vector<OutputDecl> &out);
  void readNamedOutputs(const JsonValue &object, std::string_view what, std::vector<OutputDecl> &out);
  void readEntries(const JsonValue &section, GraphDecl &graph);
  void readTrain(const JsonValue &section, GraphDecl &graph);
  void readPlacement(const JsonValue &section, GraphDecl &graph);

  const Reporter &report;
  std::set<std::pair<uint32_t, std::string>> meant;
};

} // namespace

const JsonValue *GraphReader::get(const JsonValue &object, std::string_view key, Kind kind, bool required,
                                  std::string_view where) {
  const JsonValue *value = get(object, key);
  if (!value) {
    if (required && !isMisspelt(object, key))
      report.error({object.range.begin, object.range.begin + 1}, code::MissingKey,
                   std::string(where) + " lacks the key " + quoted(key));
    return nullptr;
  }
  return value->is(kind) || wantKind(*value, kind, quoted(key), report) ? value : nullptr;
}

std::optional<int64_t> GraphReader::integer(const JsonValue &value, std::string_view what) {
  if (value.isInteger())
    return value.integer;
  if (value.is(JsonValue::Number)) {
    std::string_view text = report.source.text().substr(value.range.begin, value.range.end - value.range.begin);
    report.error(value.range, code::IntegerExpected,
                 std::string(what) + " must be an integer of 64 bits, not " + quoted(text),
                 value.integral ? "" : "integers are written without fraction and exponent");
  } else if (!value.is(JsonValue::Bad)) {
    report.error(value.range, code::WrongKind,
                 std::string(what) + " must be an integer, not " + std::string(kindName(value)));
  }
  return std::nullopt;
}

std::optional<double> GraphReader::number(const JsonValue &value, std::string_view what) {
  return wantKind(value, JsonValue::Number, what, report) ? std::optional(value.number()) : std::nullopt;
}

void GraphReader::notYet(const JsonValue &object, std::string_view key, std::string_view what) {
  const JsonMember *member = object.find(key);
  if (!member)
    return;
  const JsonValue &value = member->value;
  bool nothing = value.is(JsonValue::Null) || (value.is(JsonValue::Bool) && !value.boolean) ||
                 ((value.is(JsonValue::Object) || value.is(JsonValue::Array)) && value.count == 0);
  if (!nothing && !value.is(JsonValue::Bad))
    report.error(member->keyRange, code::KeyNotYet,
                 "this version of symc does not have the key " + quoted(key) + " (" + std::string(what) + ")");
}

void GraphReader::checkDeviceValue(const JsonValue &value) {
  if (!wantKind(value, JsonValue::String, "a device", report))
    return;
  std::string kind;
  unsigned number = 0;
  SyntaxError error;
  if (!parseDevice(value.string(), kind, number, error))
    report.error(StringPlaces(report.source.text(), value), error);
  else if (kind != "cpu" || number != 0)
    report.error(value.range, code::DeviceNotYet,
                 "this version of symc does not have the device " + quoted(value.string()), "'cpu:0' is there");
}

void GraphReader::checkDevice(const JsonValue &object) {
  if (const JsonValue *device = get(object, "device"))
    checkDeviceValue(*device);
}

//===----------------------------------------------------------------------===//
// Head of the file
//===----------------------------------------------------------------------===//

void GraphReader::readVersion(const JsonValue &root) {
  const JsonValue *version = get(root, "symc", JsonValue::Number, true, "the graph file");
  if (!version)
    return;
  std::optional<int64_t> number = integer(*version, "'symc'");
  if (number && *number != 1)
    report.error(version->range, code::WrongVersion,
                 "this version of symc reads format version 1, not " + std::to_string(*number));
}

void GraphReader::readName(const JsonValue &root, GraphDecl &graph) {
  const JsonValue *value = get(root, "name", JsonValue::String, true, "the graph file");
  if (!value)
    return;
  graph.name = value->string();
  graph.nameRange = value->range;
  std::string said = "the model's name " + quoted(graph.name);
  std::string problem = publicNameProblem(graph.name);
  if (!problem.empty())
    report.error(value->range, code::BadModelName, said + " " + problem,
                 "it becomes the prefix of the C symbols: a letter, then letters, digits and '_'");
  else if (graph.name.size() > modelNameLimit)
    report.error(value->range, code::BadModelName,
                 said + " has more than " + std::to_string(modelNameLimit) + " characters");
  else if (isCKeyword(graph.name))
    report.error(value->range, code::BadModelName, said + " is a keyword of C or C++",
                 "it becomes a type and the prefix of the C symbols");
  else if (isCLibraryName(graph.name))
    report.error(value->range, code::ForbiddenModelName, said + " is a name of the C or POSIX library",
                 "it becomes a type and the prefix of the C symbols");
}

void GraphReader::readDims(const JsonValue &section, GraphDecl &graph) {
  for (const JsonMember &member : section.members()) {
    DimDecl dim;
    dim.name = {member.key, member.keyRange};
    if (!isIdentifier(member.key)) {
      report.error(member.keyRange, code::BadName, "the dimension name " + quoted(member.key) + " is not an identifier",
                   "a letter or '_', then letters, digits and '_'");
      continue;
    }
    graph.dims.push_back(dim);
    DimDecl &decl = graph.dims.back();
    if (!wantKind(member.value, JsonValue::Object, "the bounds of " + quoted(member.key), report))
      continue;
    checkKeys(member.value, "the bounds of a dimension", {"min", "max", "multiple_of"});
    const JsonValue *min = get(member.value, "min"), *max = get(member.value, "max"),
                    *multiple = get(member.value, "multiple_of");
    bool good = true;
    auto read = [&](const JsonValue *value, std::string_view key, int64_t least, int64_t &out) {
      if (!value)
        return;
      std::optional<int64_t> number = integer(*value, quoted(key));
      good &= bool(number);
      if (number && *number < least) {
        report.error(value->range, code::BadDimBounds,
                     quoted(key) + " must be " + std::to_string(least) + " or more, not " + std::to_string(*number));
        good = false;
      }
      out = number.value_or(out);
    };
    read(min, "min", 0, decl.min);
    read(max, "max", 1, decl.max);
    read(multiple, "multiple_of", 1, decl.multipleOf);
    if (good && decl.min > decl.max) {
      const JsonValue *at = max ? max : min;
      report.error(at->range, code::BadDimBounds,
                   "'max' of " + quoted(member.key) + " is " + std::to_string(decl.max) + ", less than its 'min' " +
                       std::to_string(decl.min));
      good = false;
    }
    // The smallest multiple that is not below `min` must not be above `max`.
    if (good && multiple) {
      int64_t rest = decl.min % decl.multipleOf, least = decl.min;
      bool fits = rest == 0 || !__builtin_add_overflow(decl.min, decl.multipleOf - rest, &least);
      if (!fits || least > decl.max) {
        report.error(multiple->range, code::BadDimBounds,
                     "no multiple of " + std::to_string(decl.multipleOf) + " lies between " + std::to_string(decl.min) +
                         " and " + std::to_string(decl.max));
        good = false;
      }
    }
    if (!good) {
      decl.min = 1;
      decl.max = INT64_MAX;
      decl.multipleOf = 1;
    }
  }
}

//===----------------------------------------------------------------------===//
// Names and types
//===----------------------------------------------------------------------===//

bool GraphReader::readGraphName(std::string_view name, TextRange range, std::string_view what) {
  std::string problem = graphNameProblem(name);
  if (problem.empty())
    return true;
  report.error(range, code::BadName, "the name " + quoted(name) + " of " + std::string(what) + " " + problem);
  return false;
}

bool GraphReader::readPublicName(std::string_view name, TextRange range, std::string_view what, std::string hint) {
  std::string problem = publicNameProblem(name);
  if (problem.empty())
    return true;
  report.error(range, code::BadPublicName, "the name " + quoted(name) + " of " + std::string(what) + " " + problem,
               hint.empty() ? "it becomes a name of the C interface: a letter, then letters, digits and '_'" : hint);
  return false;
}

void GraphReader::readType(const JsonValue &value, TensorDecl &decl) {
  if (!wantKind(value, JsonValue::String, "a type", report))
    return;
  TypeText type;
  SyntaxError error;
  StringPlaces places(report.source.text(), value);
  if (!parseTypeText(value.string(), type, error)) {
    report.error(places, error);
    return;
  }
  auto inText = [&](TextRange range) { return TextRange{places.inText(range.begin), places.inText(range.end)}; };
  type.elementRange = inText(type.elementRange);
  for (DimText &dim : type.dims)
    dim.range = inText(dim.range);
  decl.typeValue = &value;
  decl.type = std::move(type);
}

void GraphReader::readTensor(const JsonMember &member, Role role, std::vector<TensorDecl> &out) {
  static constexpr std::string_view whats[] = {"an input", "a parameter", "a constant", "an input of a function"};
  std::string_view what = whats[size_t(role)];
  TensorDecl decl;
  decl.name = {member.key, member.keyRange};
  decl.object = member.value.range;
  if (role == Role::Input)
    readPublicName(member.key, member.keyRange, what);
  else
    readGraphName(member.key, member.keyRange, what);
  const JsonValue &value = member.value;
  if (value.is(JsonValue::String) && role != Role::Constant) {
    readType(value, decl);
  } else if (value.is(JsonValue::Object)) {
    std::vector<std::string_view> keys = {"type"};
    if (role == Role::Input)
      keys = {"type", "doc", "device", "shard"};
    else if (role == Role::Parameter)
      keys = {"type", "init", "trainable", "device", "shard", "doc"};
    else if (role == Role::Constant)
      keys = {"type", "value", "file", "key", "doc"};
    else
      keys = {"type", "doc"};
    checkKeys(value, what, keys);
    if (const JsonValue *type = get(value, "type"))
      readType(*type, decl);
    else
      get(value, "type", JsonValue::String, true, what);
    decl.doc = getDoc(value);
    if (role == Role::Input || role == Role::Parameter) {
      checkDevice(value);
      notYet(value, "shard", "sharding over a mesh");
    }
  } else if (!value.is(JsonValue::Bad)) {
    report.error(value.range, code::WrongKind,
                 std::string(what) + " must be " + (role == Role::Constant ? "" : "a type or ") + "an object, not " +
                     std::string(kindName(value)));
  }
  if (role == Role::Parameter && decl.type) {
    for (const DimText &dim : decl.type->dims) {
      if (dim.symbolic)
        report.error(dim.range, code::ParameterShape,
                     "the parameter " + quoted(member.key) + " has the symbolic dimension " + quoted(dim.name),
                     "parameters have static shapes");
      else if (dim.size == 0)
        report.error(dim.range, code::ParameterShape,
                     "the parameter " + quoted(member.key) + " has an empty dimension");
      else
        continue;
      decl.type.reset();
      break;
    }
  }
  if (role == Role::Parameter && value.is(JsonValue::Object)) {
    decl.init = get(value, "init");
    const JsonValue *trainable = get(value, "trainable", JsonValue::Bool);
    decl.trainable = !trainable || trainable->boolean;
  }
  if (role == Role::Parameter && decl.type && decl.trainable && !isFloating(decl.type->element)) {
    report.error(decl.typeValue->range, code::TrainableInteger,
                 "the parameter " + quoted(member.key) + " of type " + quoted(decl.typeValue->string()) +
                     " cannot be trained",
                 "say \"trainable\": false");
    decl.trainable = false;
  }
  if (role == Role::Constant && value.is(JsonValue::Object)) {
    decl.value = get(value, "value");
    decl.file = get(value, "file");
    decl.key = get(value, "key");
    if (decl.file && !wantKind(*decl.file, JsonValue::String, "'file'", report))
      decl.type.reset();
    if (decl.key && !wantKind(*decl.key, JsonValue::String, "'key'", report))
      decl.type.reset();
    TextRange brace{value.range.begin, value.range.begin + 1};
    if (!decl.value && !decl.file && (isMisspelt(value, "value") || isMisspelt(value, "file")))
      decl.type.reset();
    else if (!decl.value && !decl.file)
      report.error(brace, code::ConstantBody, "the constant " + quoted(member.key) + " has neither 'value' nor 'file'");
    else if (decl.value && decl.file)
      report.error(value.find("file")->keyRange, code::ConstantBody,
                   "the constant " + quoted(member.key) + " has both 'value' and 'file'");
    else if (decl.file && !decl.key) {
      if (!isMisspelt(value, "key"))
        report.error(brace, code::MissingKey, "the constant " + quoted(member.key) + " has 'file' and lacks 'key'");
    } else if (decl.key && !decl.file)
      report.error(value.find("key")->keyRange, code::ConstantBody, "'key' belongs to 'file'");
    if (!decl.value == !decl.file || (decl.file && !decl.key))
      decl.type.reset();
    if (decl.type)
      for (const DimText &dim : decl.type->dims)
        if (dim.symbolic) {
          report.error(dim.range, code::ParameterShape,
                       "the constant " + quoted(member.key) + " has the symbolic dimension " + quoted(dim.name),
                       "constants have static shapes");
          decl.type.reset();
          break;
        }
  }
  out.push_back(std::move(decl));
}

//===----------------------------------------------------------------------===//
// Nodes and functions
//===----------------------------------------------------------------------===//

void GraphReader::readNodes(const JsonValue &list, std::vector<NodeDecl> &out) {
  out.reserve(out.size() + list.count);
  for (const JsonValue &value : list.items())
    readNode(value, out);
}

void GraphReader::readNode(const JsonValue &value, std::vector<NodeDecl> &out) {
  NodeDecl node;
  if (!wantKind(value, JsonValue::Object, "a node", report))
    return;
  size_t before = report.diagnostics.errorCount();
  node.object = value.range;
  TextRange brace{value.range.begin, value.range.begin + 1};
  checkKeys(value, "a node", {"name", "expr", "op", "inputs", "attrs", "device", "shard", "doc"});
  const JsonValue *name = get(value, "name");
  if (!name) {
    if (!isMisspelt(value, "name"))
      report.error(brace, code::MissingKey, "a node lacks the key 'name'");
  } else if (name->is(JsonValue::Array)) {
    if (name->count == 0)
      report.error(name->range, code::EmptyList, "a node has an empty list of names");
    for (const JsonValue &item : name->items())
      if (wantKind(item, JsonValue::String, "a node's name", report)) {
        readGraphName(item.string(), item.range, "a node");
        node.names.push_back({item.string(), item.range});
      }
  } else if (name->is(JsonValue::String)) {
    readGraphName(name->string(), name->range, "a node");
    node.names.push_back({name->string(), name->range});
  } else if (!name->is(JsonValue::Bad)) {
    report.error(name->range, code::WrongKind,
                 "a node's name must be a string or a list of strings, not " + std::string(kindName(*name)));
  }
  node.expr = get(value, "expr", JsonValue::String);
  node.op = get(value, "op", JsonValue::String);
  bool hasExpr = get(value, "expr"), hasOp = get(value, "op");
  if (hasExpr && hasOp)
    report.error(value.find("op")->keyRange, code::NodeBody, "a node has either 'expr' or 'op', not both");
  else if (!hasExpr && !hasOp && !isMisspelt(value, "expr") && !isMisspelt(value, "op"))
    report.error(brace, code::NodeBody, "a node has neither 'expr' nor 'op'");
  for (std::string_view key : {"inputs", "attrs"})
    if (const JsonMember *member = value.find(key); member && hasExpr && !hasOp)
      report.error(member->keyRange, code::NodeBody, quoted(key) + " belongs to 'op'",
                   "an expression names its operands and attributes itself");
  auto readInput = [&](const JsonValue &item) {
    if (item.is(JsonValue::Number) || item.is(JsonValue::Bool))
      report.error(item.range, code::WrongKind, "an input of a node must be a name, not " + std::string(kindName(item)),
                   "literals belong to 'expr'");
    else if (wantKind(item, JsonValue::String, "an input of a node", report))
      node.inputs.push_back(&item);
  };
  if (const JsonValue *inputs = get(value, "inputs"); inputs && inputs->is(JsonValue::Object)) {
    for (const JsonMember &member : inputs->members()) {
      node.operands.push_back({member.key, member.keyRange});
      readInput(member.value);
    }
  } else if (inputs && inputs->is(JsonValue::Array)) {
    for (const JsonValue &item : inputs->items())
      readInput(item);
  } else if (inputs && !inputs->is(JsonValue::Bad)) {
    report.error(inputs->range, code::WrongKind,
                 "'inputs' must be a list of names or an object from operands to names, not " +
                     std::string(kindName(*inputs)));
  }
  node.attrs = get(value, "attrs", JsonValue::Object);
  checkDevice(value);
  notYet(value, "shard", "sharding over a mesh");
  node.doc = getDoc(value);
  node.bad = report.diagnostics.errorCount() != before;
  out.push_back(std::move(node));
}

void GraphReader::readFunction(const JsonMember &member, GraphDecl &graph) {
  FunctionDecl function;
  function.name = {member.key, member.keyRange};
  size_t before = report.diagnostics.errorCount();
  readGraphName(member.key, member.keyRange, "a function");
  const JsonValue &value = member.value;
  if (wantKind(value, JsonValue::Object, "a function", report)) {
    checkKeys(value, "a function", {"inputs", "nodes", "outputs", "doc"});
    const JsonValue *inputs = get(value, "inputs");
    if (inputs && inputs->is(JsonValue::Array)) {
      function.typed = false;
      for (const JsonValue &input : inputs->items())
        if (wantKind(input, JsonValue::String, "an input of a function", report) &&
            readGraphName(input.string(), input.range, "an input of a function")) {
          function.inputs.emplace_back();
          function.inputs.back().name = {input.string(), input.range};
        }
    } else if (inputs && inputs->is(JsonValue::Object)) {
      for (const JsonMember &input : inputs->members())
        readTensor(input, Role::FunctionInput, function.inputs);
    } else if (inputs && !inputs->is(JsonValue::Bad)) {
      report.error(inputs->range, code::WrongKind,
                   "'inputs' must be a list of names or an object from names to types, not " +
                       std::string(kindName(*inputs)));
    }
    if (const JsonValue *nodes = get(value, "nodes", JsonValue::Array))
      readNodes(*nodes, function.nodes);
    if (const JsonValue *outputs = get(value, "outputs", JsonValue::Array, true, "a function")) {
      if (outputs->count == 0)
        report.error(outputs->range, code::EmptyList, "the function " + quoted(member.key) + " has no outputs");
      for (const JsonValue &item : outputs->items())
        if (wantKind(item, JsonValue::String, "an output", report))
          function.outputs.push_back(&item);
    }
    getDoc(value);
  }
  function.bad = report.diagnostics.errorCount() != before;
  graph.functions.push_back(std::move(function));
}

//===----------------------------------------------------------------------===//
// Outputs, entry points, training
//===----------------------------------------------------------------------===//

void GraphReader::readNamedOutputs(const JsonValue &object, std::string_view what, std::vector<OutputDecl> &out) {
  for (const JsonMember &member : object.members()) {
    readPublicName(member.key, member.keyRange, what);
    if (wantKind(member.value, JsonValue::String, std::string(what) + " " + quoted(member.key), report))
      out.push_back({{member.key, member.keyRange}, &member.value});
  }
}

void GraphReader::readOutputs(const JsonValue &value, std::vector<OutputDecl> &out) {
  if (value.is(JsonValue::Object)) {
    readNamedOutputs(value, "an output", out);
  } else if (value.is(JsonValue::Array)) {
    std::map<std::string_view, TextRange> seen;
    for (const JsonValue &item : value.items()) {
      if (!wantKind(item, JsonValue::String, "an output", report))
        continue;
      std::string_view name = item.string();
      auto [first, isNew] = seen.try_emplace(name, item.range);
      if (!isNew) {
        report.error(item.range, code::DuplicateOutput, "the output " + quoted(name) + " is listed twice",
                     {"", "", {report.note(first->second, "first listed here")}});
        continue;
      }
      // What stands in a list is its own public name; other names and expressions need one.
      readPublicName(name, item.range, "an output",
                     "give it a public name: \"outputs\": { \"y\": " + jsonQuoted(name.substr(0, 60)) + " }");
      out.push_back({{name, item.range}, &item});
    }
  } else if (!value.is(JsonValue::Bad)) {
    report.error(value.range, code::WrongKind,
                 "'outputs' must be a list of names or an object, not " + std::string(kindName(value)));
    return;
  }
  if (value.count == 0 && !value.is(JsonValue::Bad))
    report.error(value.range, code::EmptyList, "'outputs' is empty");
}

void GraphReader::readEntries(const JsonValue &section, GraphDecl &graph) {
  static constexpr std::string_view taken[] = {
      "options_default", "create",     "destroy",   "initialize", "load_parameters",  "save_parameters", "save_state",
      "load_state",      "error",      "parameter", "reserve",    "share_parameters", "predict",         "loss",
      "gradients",       "train_step", "evaluate",  "model",      "options",          "status"};
  for (const JsonMember &member : section.members()) {
    bool good = readPublicName(member.key, member.keyRange, "an entry point");
    for (std::string_view name : taken)
      if (good && name == member.key)
        report.error(member.keyRange, code::ReservedName,
                     "an entry point cannot be called " + quoted(member.key) + ", as a generated function is");
    if (!wantKind(member.value, JsonValue::Object, "an entry point", report))
      continue;
    checkKeys(member.value, "an entry point", {"outputs", "stream", "doc"});
    notYet(member.value, "stream", "one step of a dimension at a time");
    EntryDecl entry;
    entry.name = {member.key, member.keyRange};
    if (const JsonValue *outputs = get(member.value, "outputs"))
      readOutputs(*outputs, entry.outputs);
    else
      get(member.value, "outputs", JsonValue::Array, true, "an entry point");
    graph.entries.push_back(std::move(entry));
  }
}

void GraphReader::readTrain(const JsonValue &section, GraphDecl &graph) {
  if (section.count == 0)
    return;
  checkKeys(section, "'train'",
            {"loss", "optimizer", "metrics", "learning_rate_schedule", "clip_global_norm", "weight_decay", "freeze",
             "accumulate_steps", "remat"});
  TrainDecl train;
  train.object = section.range;
  train.loss = get(section, "loss", JsonValue::String, true, "'train'");
  if (const JsonValue *optimizer = get(section, "optimizer"))
    train.optimizer = readChoice(*optimizer, "'optimizer'", report);
  else
    get(section, "optimizer", JsonValue::Object, true, "'train'");
  if (const JsonValue *schedule = get(section, "learning_rate_schedule"); schedule && !schedule->is(JsonValue::Null))
    train.schedule = readChoice(*schedule, "'learning_rate_schedule'", report);
  if (const JsonValue *metrics = get(section, "metrics"); metrics && metrics->is(JsonValue::Array)) {
    if (metrics->count)
      report.error(metrics->range, code::FeatureNotYet, "this version of symc does not have metrics by name",
                   "\"metrics\": { \"mse\": \"mean((y - t)**2)\" } says what one is");
  } else if (const JsonValue *metrics = get(section, "metrics", JsonValue::Object)) {
    readNamedOutputs(*metrics, "a metric", train.metrics);
    for (const OutputDecl &metric : train.metrics) {
      std::string_view name = metric.name.text;
      if (name == "examples" || name == "loss" || name == "epoch" || name == "steps" || name == "seconds" ||
          name.substr(0, 4) == "val_")
        report.error(metric.name.range, code::MetricName,
                     "a metric cannot be called " + quoted(name) + ", as a column of the training log is");
    }
  }
  auto range = [&](std::string_view key, bool positive, const JsonValue *&place) -> std::optional<double> {
    const JsonValue *value = get(section, key);
    if (!value || value->is(JsonValue::Null))
      return std::nullopt;
    std::optional<double> read = number(*value, quoted(key));
    if (read && (positive ? *read <= 0 : *read < 0)) {
      std::string_view text = report.source.text().substr(value->range.begin, value->range.end - value->range.begin);
      report.error(value->range, code::TrainRange,
                   quoted(key) + " must be " + (positive ? "greater than 0" : "0 or more") + ", not " +
                       printable(text));
      return std::nullopt;
    }
    place = value;
    return read;
  };
  train.clipGlobalNorm = range("clip_global_norm", true, train.clipValue);
  train.weightDecay = range("weight_decay", false, train.decayValue).value_or(0);
  if (const JsonValue *steps = get(section, "accumulate_steps")) {
    std::optional<int64_t> count = integer(*steps, "'accumulate_steps'");
    if (count && *count < 1)
      report.error(steps->range, code::TrainRange,
                   "'accumulate_steps' must be 1 or more, not " + std::to_string(*count));
    train.accumulateSteps = count && *count >= 1 ? *count : 1;
    train.accumulateValue = steps;
  }
  if (const JsonValue *freeze = get(section, "freeze", JsonValue::Array))
    for (const JsonValue &pattern : freeze->items())
      if (wantKind(pattern, JsonValue::String, "a pattern of 'freeze'", report))
        train.freeze.push_back(&pattern);
  notYet(section, "remat", "recomputing activations");
  graph.train = std::move(train);
}

void GraphReader::readPlacement(const JsonValue &section, GraphDecl &graph) {
  checkKeys(section, "'placement'", {"default", "soft", "rules"});
  if (const JsonValue *device = get(section, "default"))
    checkDeviceValue(*device);
  get(section, "soft", JsonValue::Bool);
  if (const JsonValue *rules = get(section, "rules", JsonValue::Array))
    for (const JsonValue &rule : rules->items()) {
      if (!wantKind(rule, JsonValue::Object, "a rule of 'placement'", report))
        continue;
      checkKeys(rule, "a rule of 'placement'", {"match", "device"});
      if (const JsonValue *match = get(rule, "match", JsonValue::String, true, "a rule of 'placement'"))
        graph.placed.push_back(match);
      if (get(rule, "device", JsonValue::String, true, "a rule of 'placement'"))
        checkDevice(rule);
    }
}

//===----------------------------------------------------------------------===//
// The whole file
//===----------------------------------------------------------------------===//

GraphDecl GraphReader::read(const JsonValue &root) {
  GraphDecl graph;
  if (!root.is(JsonValue::Object)) {
    if (!root.is(JsonValue::Bad))
      report.error(root.range, code::RootNotObject, "a graph file is one object, not " + std::string(kindName(root)),
                   "it begins with '{'");
    return graph;
  }
  checkKeys(root, "the graph file",
            {"symc", "$schema", "name", "dims", "inputs", "parameters", "constants", "functions", "nodes", "outputs",
             "entry_points", "doc", "train", "placement", "mesh", "strategy"});
  readVersion(root);
  readName(root, graph);
  graph.doc = getDoc(root);
  if (const JsonValue *dims = get(root, "dims", JsonValue::Object))
    readDims(*dims, graph);
  auto tensors = [&](std::string_view key, Role role, std::vector<TensorDecl> &out) {
    if (const JsonValue *section = get(root, key, JsonValue::Object))
      for (const JsonMember &member : section->members())
        readTensor(member, role, out);
  };
  tensors("inputs", Role::Input, graph.inputs);
  tensors("parameters", Role::Parameter, graph.parameters);
  tensors("constants", Role::Constant, graph.constants);
  for (std::string_view key : {"inputs", "parameters", "constants", "functions", "nodes"}) {
    const JsonValue *section = get(root, key);
    bool wanted = section && section->is(key == "nodes" ? JsonValue::Array : JsonValue::Object);
    graph.incomplete |= (section && !wanted) || isMisspelt(root, key);
  }
  if (const JsonValue *functions = get(root, "functions", JsonValue::Object))
    for (const JsonMember &member : functions->members())
      readFunction(member, graph);
  if (const JsonValue *nodes = get(root, "nodes", JsonValue::Array))
    readNodes(*nodes, graph.nodes);
  if (const JsonValue *nodes = get(root, "nodes"); nodes && nodes->items().size() != graph.nodes.size())
    graph.incomplete = true;
  for (const NodeDecl &node : graph.nodes)
    graph.incomplete |= node.names.empty();
  for (const FunctionDecl &function : graph.functions)
    graph.incomplete |= function.bad;
  if (const JsonValue *outputs = get(root, "outputs"))
    readOutputs(*outputs, graph.outputs);
  else
    get(root, "outputs", JsonValue::Array, true, "the graph file");
  if (const JsonValue *entries = get(root, "entry_points", JsonValue::Object))
    readEntries(*entries, graph);
  if (const JsonValue *train = get(root, "train", JsonValue::Object))
    readTrain(*train, graph);
  if (const JsonValue *placement = get(root, "placement", JsonValue::Object))
    readPlacement(*placement, graph);
  notYet(root, "mesh", "process groups");
  notYet(root, "strategy", "process groups");
  return graph;
}

GraphDecl symc::readGraph(const JsonValue &root, const Reporter &report) { return GraphReader(report).read(root); }
