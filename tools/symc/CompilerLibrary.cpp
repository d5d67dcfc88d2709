//===- CompilerLibrary.cpp - libSymcCompiler.so, loaded when it is needed -===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "tools/symc/CompilerLibrary.h"
#include "lib/Host/Errors.h"

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
  return host::Error(host::WrongEnvironment,
                     host::makeDiagnostic(code::CompilerMissing, "", "the compiler cannot be loaded: " + why,
                                          "it is installed as lib/libSymcCompiler.so beside bin/symc"));
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
