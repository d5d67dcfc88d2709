//===- KeptInitial.h - Parameters that a file does not give ---------------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// What `--allow-missing` says, where a library loads parameters and where they are embedded.
//
//===----------------------------------------------------------------------===//
#ifndef SYMC_SUPPORT_KEPTINITIAL_H
#define SYMC_SUPPORT_KEPTINITIAL_H

#include "lib/Support/Safetensors.h"
#include "lib/Support/Text.h"

#include <string>

namespace symc {

/// The type of a tensor of a file as graph files write it: "f32[2, 16]".
inline std::string typeText(const rt::FileTensor &tensor) {
  std::string type = tensor.dtype;
  for (char &c : type)
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  type += '[';
  for (int32_t axis = 0; axis < tensor.rank; ++axis)
    type += (axis ? ", " : "") + std::to_string(tensor.shape[axis]);
  return type + ']';
}

/// The parameters that keep their initial values, and why.
class KeptInitial {
public:
  /// `tensor`: the one of that name, whose type or shape is another; null: the file has none.
  void add(std::string_view name, const rt::FileTensor *tensor, const std::string &type) {
    list += (count++ ? ", " : "") + quoted(name) +
            (tensor ? " (" + typeText(*tensor) + " in the file, " + type + " in the model)" : "");
  }
  bool empty() const { return count == 0; }
  bool isAll(size_t parameters) const { return count > 0 && count == parameters; }
  /// For a model of which they are all.
  std::string nothingFits(const std::string &model) const {
    return "holds no tensor that fits model " + model + "; its parameters: " + list;
  }
  std::string remark(size_t parameters) const {
    return std::to_string(count) + " of " + std::to_string(parameters) + " parameters " +
           (count == 1 ? "keeps its initial value: " : "keep their initial values: ") + list;
  }

private:
  std::string list;
  size_t count = 0;
};

} // namespace symc

#endif // SYMC_SUPPORT_KEPTINITIAL_H
