//===- CompilerLibrary.cpp - libSymcCompiler.so, loaded when it is needed -===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "tools/symc/CompilerLibrary.h"
#include "lib/Host/Errors.h"
#include "lib/Support/SystemErrors.h"

#include <dlfcn.h>
#include <filesystem>
#include <sys/auxv.h>

namespace symc::cli {

static std::string compilerPath() {
  std::error_code error;
  std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  // A root without /proc still knows by what path the program was started.
  if (error)
    program = std::filesystem::canonical(reinterpret_cast<const char *>(getauxval(AT_EXECFN)), error);
  return (program.parent_path().parent_path() / "lib" / "libSymcCompiler.so").string();
}

static host::Error cannotLoad(const std::string &why) {
  std::error_code ignored;
  std::string_view code = code::CompilerMissing;
  std::string hint = "it is installed as lib/libSymcCompiler.so beside bin/symc";
  // The loader's words where mmap() finds no room; where it is not allowed, more follows.
  constexpr std::string_view noRoom = "failed to map segment from shared object";
  bool isShort = saysLacking(why) || (why.size() > noRoom.size() && why.substr(why.size() - noRoom.size()) == noRoom);
  if (isShort) {
    code = code::OutOfMemory;
    hint = "it needs about 500 MB of addresses, which `ulimit -v` may limit";
  } else if (std::filesystem::exists(compilerPath(), ignored)) {
    hint.clear();
  }
  return host::Error(host::WrongEnvironment,
                     host::makeDiagnostic(code, "", "the compiler cannot be loaded: " + why, std::move(hint)));
}

CompilerLibrary::CompilerLibrary() : handle(dlopen(compilerPath().c_str(), RTLD_LAZY | RTLD_LOCAL)) {
  if (!handle)
    throw cannotLoad(dlerror());
  decltype(&symc_compiler_about) describe;
  find(describe, "symc_compiler_about");
  info = describe();
  if (info->abi != SYMC_COMPILER_ABI)
    throw cannotLoad(compilerPath() + " belongs to another version of symc");
  find(createSession, "symc_session_create");
  find(destroySession, "symc_session_destroy");
  find(compile, "symc_session_compile");
  find(check, "symc_session_check");
  find(differentiate, "symc_session_differentiate");
  find(examine, "symc_session_examine");
  find(destroyResult, "symc_result_destroy");
}

template <typename Function> void CompilerLibrary::find(Function &function, const char *name) {
  function = reinterpret_cast<Function>(dlsym(handle, name));
  if (!function)
    throw cannotLoad(compilerPath() + " belongs to another version of symc");
}

} // namespace symc::cli
