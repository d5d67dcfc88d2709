//===- Header.cpp - The C header of a model ------------------------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// C99 and C++. Names come from Names.cpp; text of the graph file only ever stands in
// comments, where it can neither end the comment nor confuse a reader.
//
//===----------------------------------------------------------------------===//
#include "lib/Target/CPU/Library.h"
#include "lib/Target/CPU/Names.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/ConvertUTF.h"
#include <nlohmann/json.hpp>

using namespace llvm;
using namespace symc;
using Json = nlohmann::json;

namespace {
constexpr size_t lineWidth = 110;

/// Text of the graph file for a comment: words only, without what begins or ends a comment, trigraphs, and characters
/// that change the direction of writing.
std::string commentText(StringRef text) {
  std::string clean;
  for (size_t i = 0; i < text.size(); ++i) {
    auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x20 || c == 0x7f) {
      clean += ' ';
      continue;
    }
    // U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069, U+061C.
    StringRef rest = text.substr(i);
    bool direction = rest.starts_with("\xe2\x80\x8e") || rest.starts_with("\xe2\x80\x8f") ||
                     (rest.starts_with("\xe2\x80") && rest.size() > 2 && static_cast<unsigned char>(rest[2]) >= 0xaa &&
                      static_cast<unsigned char>(rest[2]) <= 0xae) ||
                     (rest.starts_with("\xe2\x81") && rest.size() > 2 && static_cast<unsigned char>(rest[2]) >= 0xa6 &&
                      static_cast<unsigned char>(rest[2]) <= 0xa9);
    if (direction) {
      i += 2;
      continue;
    }
    if (rest.starts_with("\xd8\x9c")) {
      ++i;
      continue;
    }
    char last = clean.empty() ? ' ' : clean.back();
    if ((last == '*' && c == '/') || (last == '/' && c == '*') || (last == '?' && c == '?'))
      clean += ' ';
    clean += static_cast<char>(c);
  }
  return StringRef(clean).trim().str();
}

class HeaderWriter {
public:
  explicit HeaderWriter(const ModelDescription &model)
      : model(model), name(model.name), os(text), scale(Json::parse(model.scale, nullptr, /*allow_exceptions=*/false)),
        categories(Json::parse(model.categories, nullptr, /*allow_exceptions=*/false)) {
    upper = StringRef(name).upper();
  }

  std::string run() {
    begin();
    options();
    lifeCycle();
    for (const FunctionDescription &function : model.functions)
      typedFunction(function);
    end();
    return std::move(text);
  }

private:
  /// A comment of paragraphs, each broken into lines; continuation lines are indented by `hang`.
  void comment(ArrayRef<std::string> paragraphs, StringRef hang = "") {
    std::vector<std::string> lines;
    for (const std::string &paragraph : paragraphs) {
      std::string line;
      bool first = true;
      for (StringRef word : split(paragraph, ' ')) {
        if (word.empty())
          continue;
        if (!line.empty() && line.size() + word.size() >= lineWidth) {
          lines.push_back(line);
          line = first ? hang.str() : line.substr(0, hang.size());
          first = false;
          line += word;
          continue;
        }
        if (!line.empty())
          line += ' ';
        line += word;
      }
      lines.push_back(line);
    }
    os << "/* ";
    for (size_t i = 0; i < lines.size(); ++i)
      os << (i == 0 ? "" : lines[i].empty() ? "\n" : "\n   ") << lines[i];
    os << " */\n";
  }

  void function(StringRef result, StringRef function, const std::string &parameters) {
    std::string head = (result + (result.ends_with("*") ? "" : " ") + name + "_" + function + "(").str();
    if (head.size() + parameters.size() < lineWidth + 8) {
      os << head << parameters << ");\n\n";
      return;
    }
    os << head;
    size_t column = head.size();
    StringRef rest = parameters;
    while (!rest.empty()) {
      auto [one, more] = rest.split(", ");
      if (column + one.size() > lineWidth && column > head.size()) {
        os << "\n" << std::string(head.size() < 60 ? head.size() : 4, ' ');
        column = head.size() < 60 ? head.size() : 4;
      }
      os << one << (more.empty() ? "" : ", ");
      column += one.size() + 2;
      rest = more;
    }
    os << ");\n\n";
  }

  /// A model called `x` meets X_OK, a macro of <unistd.h>.
  std::string enumerator(StringRef status) {
    std::string word = (upper + "_" + status).str();
    static constexpr StringLiteral macros[] = {"F_OK", "R_OK", "W_OK", "X_OK", "MM_OK", "NETDB_INTERNAL"};
    return is_contained(macros, word) ? word + "_" : word;
  }

  void begin() {
    std::vector<std::string> about = {name + ": a model compiled by symc " + SYMC_VERSION + "."};
    if (!model.doc.empty())
      about.push_back(commentText(model.doc));
    about.push_back("");
    about.push_back(
        "Data is dense, row-major and owned by the caller; shapes are written as in the graph file. Functions "
        "return a status, 0 is success, and never exit, print or throw.");
    // 1 MiB: see kKernelStackBytes of lib/Lowering/CPU/KernelShell.h.
    about.push_back("A call that returns another status changes nothing. One instance is used by one thread at a time, "
                    "with 1 MiB of stack; instances are independent.");
    comment(about);
    os << "#ifndef SYMC_MODEL_" << name << "_H\n#define SYMC_MODEL_" << name << "_H\n\n";
    os << "#include <stddef.h>\n#include <stdint.h>\n\n";
    os << "#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n";
    os << "struct DLTensor;   /* of DLPack */\nstruct symc_model; /* of symc/runtime.h */\n\n";
    os << "/* An instance of the model: parameters, optimizer state and working memory. */\n";
    os << "typedef struct " << name << " " << name << ";\n\n";
    os << "typedef enum {\n";
    const char *statuses[] = {"OK",          "INVALID_ARGUMENT", "OUT_OF_MEMORY", "IO_ERROR",
                              "UNSUPPORTED", "CHECK_FAILED",     "INTERNAL"};
    for (size_t i = 0; i < std::size(statuses); ++i)
      os << "  " << enumerator(statuses[i]) << (i == 0 ? " = 0" : "") << (i + 1 < std::size(statuses) ? "," : "")
         << "\n";
    os << "} " << name << "_status;\n\n";
  }

  void options() {
    os << "typedef struct {\n"
       << "  uint32_t size;   /* set by " << name << "_options_default, so that the struct can grow */\n"
       << "  int32_t threads; /* 0: as many as the process may use */\n"
       << "  uint64_t seed;   /* of the initial parameters and of random operators */\n"
       << "  void *user;      /* passed to the hooks below */\n"
       << "  void *(*allocate)(void *user, size_t bytes, size_t alignment); /* NULL: the library's own */\n"
       << "  void (*release)(void *user, void *memory, size_t bytes);       /* set together with allocate */\n"
       << "  /* Calls body(context, chunk) for every chunk in [0, chunks), on any threads; NULL: the library's own. "
          "*/\n"
       << "  void (*parallel_for)(void *user, int64_t chunks, void (*body)(void *context, int64_t chunk), void "
          "*context);\n"
       << "  /* Takes what `print` of the graph shows, on the thread of the call; `value` is there until it returns. "
          "NULL: "
          "nothing does. */\n"
       << "  void (*print)(void *user, const char *label, const struct DLTensor *value);\n"
       << "} " << name << "_options;\n\n";
    function(name + "_options", "options_default", "void");
  }

  void lifeCycle() {
    std::string self = name + " *" + instanceName(name), status = name + "_status";
    comment(
        {"Makes an instance with parameters initialised from options->seed. `options` may be NULL. It is released by " +
         name + "_destroy."});
    function(status, "create", "const " + name + "_options *" + ownName("options", name) + ", " + name + " **out");
    os << "/* NULL is allowed. */\n";
    function("void", "destroy", self);
    comment({"The message of the last failure of the instance; for NULL that of the last failed call without an "
             "instance, such as create, on this thread. Never NULL."});
    function("const char *", "error", "const " + self);
    os << "/* Initialises parameters and optimizer state again, and sets the seed of random operators. */\n";
    function(status, "initialize", self + ", uint64_t seed");
    os << "/* Parameters from and to a safetensors file. Names, types and shapes must be the model's. */\n";
    trimBlank();
    function(status, "load_parameters", self + ", const char *path");
    trimBlank();
    function(status, "save_parameters", self + ", const char *path");
    comment({"Everything that training goes on from: parameters, optimizer state, steps, seed. The file is replaced at "
             "once, also when the process is killed."});
    function(status, "save_state", self + ", const char *path");
    trimBlank();
    function(status, "load_state", self + ", const char *path");
    comment({"A view of a parameter: `out` points into the instance. Parameters: " + parameterList()});
    function(status, "parameter", self + ", const char *name, struct DLTensor *out");
    std::string dims;
    for (const std::string &dim : reserveNames(model))
      dims += ", int64_t " + dim;
    comment({"Allocates ahead for these dimensions; calls with no larger ones do not allocate."});
    function(status, "reserve", self + dims);
    comment({"Uses the parameters of `owner` from now on; their memory lives until the last user is destroyed."});
    function(status, "share_parameters", self + ", " + name + " *" + ownName("owner", name));
    if (model.hasStream()) {
      comment({"Streams begin anew: the next call of a function that takes one step at a time takes the first one."});
      function(status, "reset", self);
    }
    os << "/* The reflection interface, see symc/runtime.h. */\n";
    function("const struct symc_model *", "model", "void");
  }

  /// Joins a declaration to the one before.
  void trimBlank() {
    if (StringRef(text).ends_with("\n\n"))
      text.pop_back();
  }

  std::string parameterList() {
    std::vector<std::string> items;
    for (const SlotDescription &parameter : model.parameters) {
      std::string item = commentText("\"" + parameter.name + "\" " + parameter.type);
      if (!parameter.trainable)
        item += " (not trained)";
      if (!parameter.doc.empty())
        item += " (" + commentText(parameter.doc) + ")";
      items.push_back(item);
    }
    return items.empty() ? "none." : join(items, ", ") + ".";
  }

  std::string boundsOf(const DimDescription &dim) {
    std::string bounds = "at least " + std::to_string(dim.min);
    if (dim.max != std::numeric_limits<int64_t>::max())
      bounds =
          dim.min == dim.max ? std::to_string(dim.min) : std::to_string(dim.min) + " to " + std::to_string(dim.max);
    if (dim.multipleOf > 1)
      bounds += ", a multiple of " + std::to_string(dim.multipleOf);
    return bounds;
  }

  static std::string aboutFunction(StringRef name) {
    return StringSwitch<std::string>(name)
        .Case("predict", "Computes the outputs.")
        .Case("loss", "Computes the loss, in inference mode.")
        .Case("gradients", "Computes the gradient of the loss for every trainable parameter; changes no state.")
        .Case("train_step", "One step of the optimizer. The loss is that before the update.")
        .Case("evaluate", "Computes the loss and the metrics, in inference mode.")
        .Case("statistics",
              "What the parameters that are numbers of the training data, called as the results, would be for "
              "these examples.")
        .Default("An entry point of the graph.");
  }

  /// What the training of the embedded parameters did with the data of an input.
  std::string preparationOf(const ArgumentDescription &input) {
    std::string text;
    bool floats = StringRef(input.type).starts_with("f") || StringRef(input.type).starts_with("bf"); // else unused
    if (floats && scale.is_object() && scale.contains(input.name) && scale[input.name].is_number())
      text += "; to be multiplied by " + scale[input.name].dump() + " before the call, as in training";
    if (categories.is_object() && categories.contains(input.name))
      text += "; codes of texts, in the order of 'categories' of the manifest";
    return text;
  }

  void typedFunction(const FunctionDescription &f) {
    std::vector<std::string> names = parameterNames(model, f);
    std::vector<std::string> about = {f.stream.empty() ? aboutFunction(f.name)
                                                       : "Takes the next step of '" + commentText(f.stream) +
                                                             "'; the instance keeps what later steps need."};
    if (!f.doc.empty())
      about.push_back(commentText(f.doc));
    std::string parameters = name + " *" + instanceName(name);
    size_t next = 0;
    for (int32_t dim : f.dims) {
      parameters += ", int64_t " + names[next];
      about.push_back("  " + names[next++] + ": dimension '" + commentText(model.dims[dim].name) + "', " +
                      boundsOf(model.dims[dim]));
    }
    auto argument = [&](const ArgumentDescription &a, StringRef role, StringRef prefix) {
      parameters += (", " + prefix + infoOf(a.element).c + " *" + names[next]).str();
      std::string line = "  " + names[next] + ": " + role.str() + ", " + commentText(a.type);
      if (isStoredNarrow(a.element))
        line += ", each number as its 16 bits";
      if (names[next] != a.name)
        line += ", '" + commentText(a.name) + "' of the graph";
      if (!a.doc.empty())
        line += "; " + commentText(a.doc);
      if (role == "input")
        line += preparationOf(a);
      about.push_back(line);
      ++next;
    };
    for (const ArgumentDescription &input : f.inputs)
      argument(input, "input", "const ");
    for (const ArgumentDescription &output : typedOutputs(f))
      argument(output, "result", "");
    comment(about);
    function(name + "_status", f.name, parameters);
  }

  void end() { os << "#ifdef __cplusplus\n}\n#endif\n\n#endif /* SYMC_MODEL_" << name << "_H */\n"; }

  const ModelDescription &model;
  std::string name, upper, text;
  raw_string_ostream os;
  Json scale, categories; // of the embedded parameters
};
} // namespace

std::string symc::emitHeader(const ModelDescription &model) { return HeaderWriter(model).run(); }
