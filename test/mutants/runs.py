"""Runs the simulation as it was built, and says what it found: by scenarios, and by seeds."""

import os
import re
import resource
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

CORES = os.cpu_count() or 1
CHUNK = 10  # seeds a run; most mutants need fewer, and the rest is not waited for

# A mutant may spin for ever or eat all memory. What counts is time on the processor: a machine that
# is busy with something else changes no verdict. As it is, the library needs a tenth.
CHUNK_SECONDS_MAX = 60
SEED_SECONDS_MAX = 20
SCENARIOS_SECONDS_MAX = 60
MEMORY_MAX = 4 << 30


@dataclass
class Found:
    """The first violation, if there was one."""

    seeds: int = 0  # how many were needed; 0: none found it
    seed: int = 0
    how: str = ""
    seconds: float = 0


def limited(command, seconds):
    """Runs a command within limits; a signal ends it as a return code below zero."""

    def restrict():
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MAX, MEMORY_MAX))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace",
                          preexec_fn=restrict)


# ---- scenarios -------------------------------------------------------------------------------------


def failing_scenario(program):
    """The name of the first directed scenario that fails; empty if all pass.

    The tests of the simulated ensemble alone are left out: no line of the library runs in them.
    """
    tests = "~[ensemble]"
    done = limited([program, tests, "--abort", "--reporter", "automake"], SCENARIOS_SECONDS_MAX)
    results = re.findall(r"^:test-result: (\w+) (.*)$", done.stdout, re.M)
    failed = next((name for result, name in results if result != "PASS"), "")
    if failed or done.returncode == 0:
        return failed
    # It died, or ran out of time, before it could name the one that it was in.
    listed = limited([program, tests, "--list-tests", "--verbosity", "quiet"], SCENARIOS_SECONDS_MAX)
    names = [name.strip() for name in listed.stdout.splitlines() if name.strip()]
    return names[len(results)] if len(results) < len(names) else "one that did not end"


# ---- seeds -----------------------------------------------------------------------------------------


def run_chunk(program, first, count):
    """The first seed from `first` on that is violated, and how; None if all are kept."""
    command = [program, "--first-seed", str(first), "--seeds", str(count), "--jobs", "1"]
    done = limited(command, CHUNK_SECONDS_MAX if count > 1 else SEED_SECONDS_MAX)
    if done.returncode == 0:
        return None
    named = re.search(r"^seed (\d+):", done.stdout, re.M)
    if done.returncode < 0 or not named:  # it did not live to say which
        if count > 1:
            return run_singly(program, first, count)
        return first, how_it_died(done)
    return int(named.group(1)), how_it_died(done)


def run_singly(program, first, count):
    found = (run_chunk(program, seed, 1) for seed in range(first, first + count))
    return next(filter(None, found), None)


def how_it_died(done):
    if done.returncode < 0:
        lines = done.stdout.strip().splitlines() or [""]
        return "does not end" if -done.returncode in (9, 24) else f"crashes: {lines[-1]}"
    found = re.search(r"^VIOLATION (.+)$", done.stdout, re.M)
    return found.group(1) if found else done.stdout.strip().splitlines()[-1]


def first_violation(program, first_seed, seeds):
    """Runs seed after seed, on all cores, until one is violated."""
    began = time.monotonic()
    best = None
    starts = list(range(first_seed, first_seed + seeds, CHUNK))
    with ThreadPoolExecutor(CORES) as pool:
        for at in range(0, len(starts), CORES):
            chunks = [(start, min(CHUNK, first_seed + seeds - start))
                      for start in starts[at:at + CORES]]
            found = pool.map(lambda chunk: run_chunk(program, *chunk), chunks)
            best = next(filter(None, found), None)
            if best:
                break
    seconds = time.monotonic() - began
    if best is None:
        return Found(seconds=seconds)
    return Found(best[0] - first_seed + 1, best[0], best[1], seconds)
