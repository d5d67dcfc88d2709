"""lit configuration: .mlir and .test files are shell tests; the GoogleTest programs are run by those in Unit."""
import os
import shutil
import subprocess

import lit.formats

config.name = "symc"
config.test_format = lit.formats.ShTest(execute_external=True)
config.suffixes = [".mlir", ".test"]
config.test_source_root = os.path.join(config.symc_source, "test")
config.test_exec_root = os.path.join(config.symc_build, "test")
config.excludes = ["Inputs", "data"]

path = [os.path.join(config.symc_build, "bin"), config.llvm_tools, config.environment.get("PATH", os.environ["PATH"])]
config.environment["PATH"] = os.pathsep.join(path)
config.environment["PYTHONPATH"] = os.path.join(config.symc_source, "python")
config.environment["SYMC_DEBUG_VERIFY"] = "1"  # every compilation of the tests verifies between passes
config.environment["SYMC"] = os.path.join(config.symc_build, "bin", "symc")
if config.symc_sanitize:
    # lld is not built with the sanitizer: what it takes from a shared allocator would look poisoned. And a compiler that
    # ends frees nothing.
    config.environment["ASAN_OPTIONS"] = "allow_user_poisoning=0:detect_leaks=0:use_sigaltstack=0"
    config.environment["UBSAN_OPTIONS"] = "print_stacktrace=1:halt_on_error=1"
config.substitutions.append(("%python", config.python))
config.substitutions.append(("%source", config.symc_source))
config.substitutions.append(("%build", config.symc_build))
config.substitutions.append(("%cc", config.cc))
config.substitutions.append(("%cxx", config.cxx))
config.substitutions.append(("%{fuzz}", "-seed=1 -timeout=10 -rss_limit_mb=512 -malloc_limit_mb=256 -max_len=4096 -artifact_prefix=%t/"))

for module in ("numpy", "jsonschema", "sympy"):
    if subprocess.run([config.python, "-c", f"import {module}"], stderr=subprocess.DEVNULL, check=False).returncode == 0:
        config.available_features.add(module)
if os.path.exists("/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz"):
    config.available_features.add("fashion-mnist")
if not config.symc_sanitize:  # which takes terabytes of addresses
    config.available_features.add("address-limit")
if os.path.exists("/proc/self/maps"):  # the sanitizers read it
    config.available_features.add("sanitizers")
flags = set()
if os.path.exists("/proc/cpuinfo"):
    with open("/proc/cpuinfo", encoding="utf-8") as cpuinfo:
        flags = set(next((line for line in cpuinfo if line.startswith("flags")), "").split())
for level, needed in (("v2", {"sse4_2", "popcnt"}), ("v3", {"avx2", "fma", "bmi2"}),
                      ("v4", {"avx512bw", "avx512dq", "avx512vl"})):
    if needed <= flags:
        config.available_features.add(f"x86-64-{level}")
if os.environ.get("SYMC_TEST_ALL"):  # scripts/test.sh --all: all of what is otherwise sampled
    config.available_features.add("all")
if shutil.which("cmake") and shutil.which("ninja"):
    config.available_features.add("cmake-ninja")
