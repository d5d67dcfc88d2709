# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""The levels of x86-64 that symc compiles for, and those that this machine runs."""

LEVELS = {"x86-64-v2": {"sse4_2", "popcnt"}, "x86-64-v3": {"avx2", "fma", "bmi2"},
          "x86-64-v4": {"avx512bw", "avx512dq", "avx512vl"}}


def machine_levels():
    """From the lowest to the highest."""
    with open("/proc/cpuinfo", encoding="utf-8") as lines:
        flags = set(next(line for line in lines if line.startswith("flags")).split())
    return [level for level, needed in LEVELS.items() if needed <= flags]
