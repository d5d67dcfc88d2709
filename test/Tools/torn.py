# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""Runs that are killed and interrupted at random, and taken up again until one ends."""
import random
import signal
import subprocess
import sys
import time


def timed(command):
    """The seconds of an undisturbed run."""
    start = time.time()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.time() - start


def until_done(command, whole, seed, attempts, between=lambda attempt: None):
    """Starts `command`, then with --resume as often as it is torn, each time after a part of the `whole` seconds; the exit
    statuses. `between` is called after each torn run."""
    rng, codes = random.Random(seed), []
    for attempt in range(attempts):
        process = subprocess.Popen([*command, *(["--resume"] if attempt else [])], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, text=True)
        try:
            said = process.communicate(timeout=whole * rng.uniform(0.05, 0.5))[1]
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT if attempt % 2 else signal.SIGKILL)
            said = process.communicate()[1]
        codes.append(process.returncode)
        if process.returncode == 0:
            return codes
        # An interrupt before the loop begins ends the process like any other.
        if process.returncode not in (-signal.SIGKILL, -signal.SIGINT, 130):
            sys.exit(f"exit {process.returncode}: {said}")
        between(attempt)
    sys.exit(f"no run ended: {codes}")
