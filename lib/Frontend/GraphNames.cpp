//===- GraphNames.cpp - What the names of a graph stand for ---------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "lib/Frontend/GraphParts.h"
#include "lib/Support/Suggest.h"

using namespace mlir;
using namespace symc;

//===----------------------------------------------------------------------===//
// Declarations
//===----------------------------------------------------------------------===//

void NameTable::declare() {
  struct Declaration {
    std::string_view name;
    Symbol symbol;
  };
  std::vector<Declaration> all;
  auto add = [&](const DeclaredName &name, Symbol::Kind kind, size_t index, size_t result = 0) {
    Symbol symbol{kind, false, false, false, uint32_t(index), uint32_t(result), name.range, {}};
    all.push_back({name.text, symbol});
  };
  auto addAll = [&](const auto &section, Symbol::Kind kind) {
    for (size_t i = 0; i < section.size(); ++i)
      add(section[i].name, kind, i);
  };
  addAll(graph.inputs, Symbol::Input);
  addAll(graph.parameters, Symbol::Parameter);
  addAll(graph.constants, Symbol::Constant);
  addAll(graph.functions, Symbol::Function);
  for (size_t i = 0; i < graph.nodes.size(); ++i)
    for (size_t r = 0; r < graph.nodes[i].names.size(); ++r)
      add(graph.nodes[i].names[r], Symbol::Node, i, r);
  for (size_t i = 0; i < context.dimOrder.size(); ++i)
    add({context.dimOrder[i], context.dims[context.dimOrder[i]].range}, Symbol::Dim, i);
  // Of two declarations of a name the one that stands later is the wrong one.
  llvm::sort(all,
             [](const Declaration &a, const Declaration &b) { return a.symbol.range.begin < b.symbol.range.begin; });
  symbols.reserve(all.size());
  for (const Declaration &declaration : all) {
    auto [it, isNew] = names.try_emplace(ref(declaration.name), uint32_t(symbols.size()));
    if (!isNew) {
      Symbol &first = symbols[it->second];
      first.unresolved = true;
      // A duplicate key within one object has been reported as such.
      bool sameSection = first.kind == declaration.symbol.kind && first.kind != Symbol::Node;
      if (!sameSection)
        report.error(declaration.symbol.range, code::DuplicateName,
                     "the name " + quoted(declaration.name) + " is defined twice",
                     {"", "", {report.note(first.range, "first defined here")}});
    }
    symbols.push_back(declaration.symbol);
  }
}

const Symbol *NameTable::find(std::string_view name) const {
  auto it = names.find(ref(name));
  return it == names.end() ? nullptr : &symbols[it->second];
}

void NameTable::setValue(std::string_view name, Symbol::Kind kind, size_t index, Value value) {
  Symbol &symbol = symbols[names.lookup(ref(name))];
  if (symbol.kind == kind && symbol.index == index)
    symbol.value = value;
}

//===----------------------------------------------------------------------===//
// References
//===----------------------------------------------------------------------===//

bool NameTable::isFunction(std::string_view name) const {
  auto it = names.find(ref(name));
  return it != names.end() && symbols[it->second].kind == Symbol::Function;
}

bool NameTable::isHiddenFunction(std::string_view name) const {
  return !isFunction(name) &&
         llvm::any_of(graph.functions, [&](const FunctionDecl &function) { return function.name.text == name; });
}

void NameTable::useFunction(std::string_view name) {
  if (isFunction(name))
    symbols[names[ref(name)]].used = true;
}

NameTable::Reference NameTable::lookup(const Scope &scope, std::string_view name) const {
  auto local = scope.local.find(ref(name));
  if (local != scope.local.end()) {
    const Scope::Local &own = local->second;
    if (own.node == Scope::inputNode)
      return {Reference::FunctionInput, own.index, 0};
    return {Reference::Local, own.node, own.index};
  }
  auto it = names.find(ref(name));
  if (it == names.end())
    return {};
  const Symbol &symbol = symbols[it->second];
  bool hidden = scope.function && (symbol.kind == Symbol::Node || symbol.kind == Symbol::Input);
  if (hidden)
    return {};
  if (symbol.kind == Symbol::Node)
    return {Reference::Local, symbol.index, symbol.result};
  return {Reference::Global, it->second, 0};
}

bool NameTable::isUnresolved(const Scope &scope, std::string_view name) const {
  auto local = scope.local.find(ref(name));
  if (local != scope.local.end())
    return local->second.unresolved;
  const Symbol *symbol = find(name);
  return symbol && symbol->unresolved;
}

/// `h/kernel`, which the layer of node h makes, and `J/sub`, a part of J's expression, are names of the module only. A
/// layer's may be written without the scope of the call that it is in, or with dots as in PyTorch.
std::string NameTable::hintOfMadeName(const Scope &scope, std::string_view name) {
  std::string path(name);
  llvm::replace(path, '.', '/');
  size_t slash = path.rfind('/');
  if (slash == std::string::npos)
    return "";
  StringRef holder = StringRef(path).take_front(slash), last = StringRef(path).drop_front(slash + 1);
  auto isNode = [&](StringRef whole) {
    for (size_t end = whole.find('/'); end != StringRef::npos; end = whole.find('/', end + 1))
      if (lookup(scope, view(whole.take_front(end))).kind == Reference::Local)
        return true;
    return lookup(scope, view(whole)).kind == Reference::Local;
  };
  auto isNodeOf = [&](const FunctionDecl &function) {
    return llvm::any_of(function.nodes, [&](const NodeDecl &node) {
      return llvm::any_of(node.names, [&](const DeclaredName &own) {
        return holder == ref(own.text) || holder.ends_with(("/" + ref(own.text)).str());
      });
    });
  };
  bool own = isNode(holder);
  if (!own && !llvm::any_of(graph.functions, isNodeOf))
    return "";
  bool made = last == "weight"; // PyTorch's kernel
  for (const OpSchema &schema : opSchemas())
    for (const OperandSchema &operand : schema.operands)
      made |= operand.name == last && &operand != schema.operands.begin() && parts.maker.isLayer(schema);
  if (made)
    return "what a layer makes has no name in the file: declare it as a parameter and pass it to the layer";
  if (own && (findOpSchema(last) || findOpSchema(last.rsplit('_').first)))
    return "a part of an expression has no name in the file: make it a node of its own";
  return "";
}

void NameTable::reportUnknownName(const Scope &scope, std::string_view name, TextRange range, bool isAttribute) {
  auto hidden = names.find(ref(name));
  if (scope.function && hidden != names.end()) {
    report.error(range, code::FunctionScope,
                 "the function " + quoted(scope.function->name.text) + " does not see " + quoted(name),
                 {"a function sees its inputs, parameters and constants; make it an input",
                  "",
                  {report.note(symbols[hidden->second].range, "defined outside the function")}});
    return;
  }
  Reporter::More more;
  if (report.hasRoom()) {
    // `encoder/h` without backquotes is a division.
    std::string_view text = report.source.text();
    size_t begin = range.begin, end = range.begin;
    auto inName = [](char c) { return llvm::isAlnum(c) || c == '_' || c == '.' || c == '-' || c == '/'; };
    while (begin > 0 && inName(text[begin - 1]))
      --begin;
    while (end < text.size() && inName(text[end]))
      ++end;
    std::string_view whole = text.substr(begin, end - begin);
    auto isBeingDefined = [&](StringRef candidate) {
      return referring &&
             llvm::any_of(referring->names, [&](const DeclaredName &own) { return ref(own.text) == candidate; });
    };
    bool quotedName = range.end - range.begin > name.size();
    std::string made = hintOfMadeName(scope, quotedName ? name : whole);
    if (!made.empty() && begin != range.begin &&
        lookup(scope, whole.substr(0, whole.find_first_of("/."))).kind == Reference::None)
      return; // its beginning is reported
    if (whole.size() > name.size() && lookup(scope, whole).kind != Reference::None) {
      if (begin != range.begin)
        return; // its beginning is reported
      more.hint = "a name with '/', '.' or '-' is written between backquotes: `" + std::string(whole) + "`";
    } else if (!made.empty()) {
      more.hint = made;
    } else if (elementTypeByName(name) ||
               (isAttribute && (findOpSchema(ref(name)) || name == "same" || name == "valid"))) {
      more.hint = "a string is written between apostrophes: '" + std::string(name) + "'";
    } else {
      Suggestion nearest(name);
      for (const auto &entry : scope.local)
        if (!isBeingDefined(entry.getKey()))
          nearest.consider(view(entry.getKey()));
      for (const auto &entry : names) {
        Symbol::Kind kind = symbols[entry.getValue()].kind;
        if (scope.function ? kind != Symbol::Node && kind != Symbol::Input : !isBeingDefined(entry.getKey()))
          nearest.consider(view(entry.getKey()));
      }
      more.suggestion = nearest.best();
      if (more.suggestion.empty() && report.source.text()[range.begin] == '"' && !graphNameProblem(name).empty())
        more.hint = "this is the place of a name; expressions belong to 'expr'";
      else if (more.suggestion.empty() && findOpSchema(ref(name)))
        more.hint = "it is an op: call it, " + std::string(name) + "(…)";
    }
  }
  report.error(range, code::UnknownName, "unknown name " + quoted(name), std::move(more));
}

/// The names of functions that an op is given as attributes, `body` of 'scan' and the like. `at(name)` is the value of
/// an attribute, when it is a string.
static void visitFunctionNames(const OpSchema &schema, llvm::function_ref<std::string_view(StringRef name)> at,
                               llvm::function_ref<void(std::string_view name)> visit) {
  for (const AttrSchema &attribute : schema.attributes)
    if (attribute.kind == AttrKind::Function)
      if (std::string_view name = at(attribute.name); !name.empty())
        visit(name);
}

/// The names of functions that an expression calls, or hands to a loop or branch.
static void visitFunctionNames(const Expression &expression, llvm::function_ref<void(std::string_view name)> visit) {
  for (const ExprNode &node : expression.nodes) {
    if (node.kind != ExprKind::Call)
      continue;
    const OpSchema *schema = node.quotedName ? nullptr : findOpSchema(ref(node.text));
    if (!schema) {
      visit(node.text);
      continue;
    }
    Slice<uint32_t> parts = expression.partsOf(node);
    auto at = [&](StringRef name) -> std::string_view {
      for (uint32_t k = 0; k < node.keywordCount; ++k) {
        const ExprNode &value = expression.nodes[parts[parts.size() - node.keywordCount + k]];
        if (ref(expression.keywords[node.firstKeyword + k].name) == name && value.kind == ExprKind::String)
          return value.text;
      }
      return {};
    };
    visitFunctionNames(*schema, at, visit);
  }
}

/// The same of a node with 'op'.
static void visitFunctionNames(const NodeDecl &node, llvm::function_ref<void(std::string_view name)> visit) {
  const OpSchema *schema = node.op && node.attrs ? findOpSchema(ref(node.op->string())) : nullptr;
  auto at = [&](StringRef name) -> std::string_view {
    const JsonMember *member = node.attrs->find(view(name));
    return member && member->value.is(JsonValue::String) ? member->value.string() : std::string_view();
  };
  if (schema)
    visitFunctionNames(*schema, at, visit);
}

/// Looks `name` up for a node; false after reporting.
bool NameTable::refer(Scope &scope, std::string_view name, TextRange range, std::vector<uint32_t> &dependencies,
                      bool isAttribute, bool dimsAllowed) {
  Reference reference = lookup(scope, name);
  switch (reference.kind) {
  case Reference::None:
    if (!graph.incomplete)
      reportUnknownName(scope, name, range, isAttribute);
    return false;
  case Reference::Local:
    dependencies.push_back(reference.index);
    if (scope.function)
      scope.used.insert(reference.index);
    else
      symbols[names[ref(name)]].used = true;
    return true;
  case Reference::FunctionInput:
    return true;
  case Reference::Global:
    break;
  }
  Symbol &symbol = symbols[reference.index];
  symbol.used = true;
  if (symbol.kind == Symbol::Function) {
    report.error(range, code::NotAValue, "the function " + quoted(name) + " is not a tensor",
                 isAttribute ? "a function's name is written between apostrophes: '" + std::string(name) + "'"
                             : "call it: " + std::string(name) + "(…)");
    return false;
  }
  if (symbol.kind == Symbol::Dim && !dimsAllowed) {
    report.error(range, code::NotAValue, "the dimension " + quoted(name) + " is not a tensor",
                 "it can stand in an expression and in 'shape'");
    return false;
  }
  return true;
}

/// The word of the grammar that stands at `place` of an expression, or before it.
static std::string_view keywordAt(std::string_view text, size_t place) {
  auto inWord = [](char c) { return llvm::isAlnum(c) || c == '_'; };
  size_t begin = std::min(place, text.size());
  if (begin == text.size() || !inWord(text[begin]))
    while (begin > 0 && text[begin - 1] == ' ')
      --begin;
  while (begin > 0 && inWord(text[begin - 1]))
    --begin;
  size_t end = begin;
  while (end < text.size() && inWord(text[end]))
    ++end;
  std::string_view word = text.substr(begin, end - begin);
  bool inBackquotes = begin > 0 && text[begin - 1] == '`';
  return !inBackquotes && isExpressionKeyword(word) ? word : std::string_view();
}

static std::string hintOfBackquotes(std::string_view name) {
  return "in an expression the name " + quoted(name) + " is written between backquotes: `" + std::string(name) + "`";
}

/// What has the name of a number, or of an op, is not what an expression takes by it.
void NameTable::warnOfHiddenNames(const Scope &scope, const Expression &expression, const StringPlaces &places) {
  auto warn = [&](const ExprNode &node, std::string_view code, std::string message, TextRange defined) {
    TextRange range{places.inText(node.token.begin), places.inText(node.token.end)};
    if (toldOfHidden.insert(range.begin).second)
      report.warning(range, code, std::move(message),
                     {hintOfBackquotes(node.text), "", {report.note(defined, "this has the name")}});
  };
  for (const ExprNode &node : expression.nodes) {
    bool isWord = node.kind == ExprKind::Bool || node.kind == ExprKind::None || node.kind == ExprKind::Real;
    if (isWord && isIdentifier(node.text)) {
      if (std::optional<TextRange> defined = placeOf(scope, node.text))
        warn(node, code::HiddenByConstant,
             quoted(node.text) + " in an expression is the constant, not what the file calls so", *defined);
    } else if (node.kind == ExprKind::Call && !node.quotedName && isFunction(node.text) &&
               findOpSchema(ref(node.text))) {
      warn(node, code::HiddenByOp, quoted(node.text) + " in an expression is the op, not the function of the file",
           find(node.text)->range);
    }
  }
}

/// Where what has the name is defined, if the scope sees something.
std::optional<TextRange> NameTable::placeOf(const Scope &scope, std::string_view name) const {
  if (auto local = scope.local.find(ref(name)); local != scope.local.end())
    return local->second.range;
  if (lookup(scope, name).kind == Reference::None)
    return std::nullopt;
  return find(name)->range;
}

bool NameTable::referExpression(Scope &scope, const JsonValue &text, std::vector<uint32_t> &dependencies) {
  SyntaxError mistake;
  StringPlaces places(report.source.text(), text);
  std::optional<Expression> expression = parseExpression(text.string(), mistake);
  if (!expression) {
    if (std::string_view word = keywordAt(text.string(), mistake.range.begin);
        !word.empty() && lookup(scope, word).kind != Reference::None) {
      mistake.hint = hintOfBackquotes(word);
      mistake.suggestion.clear();
    }
    report.error(places, mistake);
    return false;
  }
  warnOfHiddenNames(scope, *expression, places);
  std::vector<bool> isAttribute(expression->nodes.size());
  for (const ExprNode &node : expression->nodes)
    if (node.kind == ExprKind::Call) {
      Slice<uint32_t> arguments = expression->partsOf(node);
      for (size_t k = arguments.size() - node.keywordCount; k < arguments.size(); ++k)
        isAttribute[arguments[k]] = true;
    }
  visitFunctionNames(*expression, [&](std::string_view name) { useFunction(name); });
  bool good = true;
  for (size_t i = 0; i < expression->nodes.size(); ++i) {
    const ExprNode &node = expression->nodes[i];
    if (node.kind == ExprKind::Name)
      good &= refer(scope, node.text, {places.inText(node.token.begin), places.inText(node.token.end)}, dependencies,
                    isAttribute[i], /*dimsAllowed=*/true);
  }
  return good;
}

bool NameTable::referNode(Scope &scope, const NodeDecl &node, std::vector<uint32_t> &dependencies) {
  llvm::SaveAndRestore current(referring, &node);
  if (node.expr)
    return referExpression(scope, *node.expr, dependencies);
  bool good = true;
  for (const JsonValue *input : node.inputs)
    good &= refer(scope, input->string(), input->range, dependencies, false, /*dimsAllowed=*/false);
  visitFunctionNames(node, [&](std::string_view name) { useFunction(name); });
  return good;
}

/// The functions that a function calls, by their numbers.
void NameTable::collectCalls(const FunctionDecl &function, std::vector<uint32_t> &called) {
  auto add = [&](std::string_view name) {
    if (isFunction(name))
      called.push_back(symbols[names[ref(name)]].index);
  };
  auto addExpression = [&](const JsonValue &text) {
    SyntaxError mistake;
    std::optional<Expression> expression = parseExpression(text.string(), mistake);
    if (!expression)
      return; // reported when the function is built
    visitFunctionNames(*expression, add);
  };
  for (const NodeDecl &node : function.nodes) {
    if (node.expr)
      addExpression(*node.expr);
    visitFunctionNames(node, add);
  }
  for (const JsonValue *output : function.outputs)
    addExpression(*output);
}

//===----------------------------------------------------------------------===//
// Generated names, unused names
//===----------------------------------------------------------------------===//

void NameTable::takeGenerated(StringRef name, TextRange holder) {
  auto collide = [&](auto &declared) {
    if (declared.collides)
      return;
    declared.collides = true;
    report.error(declared.range, code::GeneratedName,
                 "the name " + quoted(name) + " is also made by an expression or a layer",
                 {"", "", {report.note(holder, "it is made here")}});
  };
  if (function) {
    if (auto it = function->local.find(name); it != function->local.end())
      collide(it->second);
  } else if (auto it = names.find(name); it != names.end()) {
    collide(symbols[it->second]);
  }
}

void NameTable::noteUnused(const Scope &scope) {
  for (auto [i, node] : llvm::enumerate(*scope.nodes))
    if (!scope.used.contains(i) && !node.names.empty())
      unusedNodes.try_emplace(node.names[0].range.begin, scope.function, &node);
}

/// Whether an expression uses a dimension that this input has, and no input that is used.
bool NameTable::givesSize(const Symbol &input) const {
  auto has = [&](const TensorDecl &decl, StringRef name) {
    return decl.type && llvm::any_of(decl.type->dims, [&](const DimText &dim) { return StringRef(dim.name) == name; });
  };
  return llvm::any_of(names, [&](const auto &entry) {
    const Symbol &dim = symbols[entry.getValue()];
    if (dim.kind != Symbol::Dim || !dim.used || !has(graph.inputs[input.index], entry.getKey()))
      return false;
    return llvm::none_of(symbols, [&](const Symbol &other) {
      return other.kind == Symbol::Input && other.used && has(graph.inputs[other.index], entry.getKey());
    });
  });
}

void NameTable::warnUnused() {
  for (const auto &[place, unused] : unusedNodes)
    if (auto [function, node] = unused; find(function->name.text)->used)
      report.warning(node->names[0].range, code::Unused,
                     "nothing uses the node " + quoted(node->names[0].text) + " of the function " +
                         quoted(function->name.text));
  std::vector<bool> usedNodes(graph.nodes.size());
  for (const Symbol &symbol : symbols)
    if (symbol.kind == Symbol::Node && symbol.used)
      usedNodes[symbol.index] = true;
  for (const auto &entry : names) {
    const Symbol &symbol = symbols[entry.getValue()];
    if (symbol.used || symbol.kind == Symbol::Dim)
      continue;
    if (symbol.kind == Symbol::Node && (usedNodes[symbol.index] || symbol.result != 0))
      continue; // of several results one is enough
    if (symbol.kind == Symbol::Input && givesSize(symbol))
      continue;
    static constexpr std::string_view whats[] = {"input", "parameter", "constant", "dimension", "function", "node"};
    report.warning(symbol.range, code::Unused,
                   "nothing uses the " + std::string(whats[symbol.kind]) + " " + quoted(entry.getKey()));
  }
}
