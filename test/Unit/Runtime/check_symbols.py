"""Fails when the embedded runtime names anything that glibc 2.17 lacks, or has under an incompatible old version.

    check_symbols.py symc_runtime.o
"""
import subprocess
import sys

# All of them exist in glibc 2.2.5 (x86-64's first) with the meaning that they have today; a name is added here with a
# look at its versions in glibc. Not allowed: stat and its family, pthread_cond_*, sched_getaffinity, *_chk, __isoc*.
ALLOWED = set("""
__errno_location __tls_get_addr bcmp close fma fmaf free fsync getpid lseek madvise memchr memcmp memcpy memmove memset
open posix_memalign pthread_create pthread_join pthread_sigmask read rename sched_yield sigfillset snprintf strchr
strcmp strerror_r strlen strncmp strrchr strstr syscall unlink vsnprintf write
""".split())

names = subprocess.run(["nm", "-u", sys.argv[1]], capture_output=True, text=True, check=True).stdout.split()
stray = sorted(name for name in names if name != "U" and name not in ALLOWED)
if stray:
    sys.exit(f"{sys.argv[1]} needs {', '.join(stray)}")
sections = subprocess.run(["readelf", "-SW", sys.argv[1]], capture_output=True, text=True, check=True).stdout
if ".init_array" in sections or ".ctors" in sections:
    sys.exit(f"{sys.argv[1]} has global constructors")
