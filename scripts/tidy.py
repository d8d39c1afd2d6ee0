#!/usr/bin/env python3
"""Checks what neither the compiler nor the formatter can hold: which part may include which, that
every source is built, that tests do not sleep, that nothing is left half done.

    scripts/tidy.py               checks this checkout; prints file:line: message, exits 1 on any
    scripts/tidy.py --self-test   checks the checks, with one bad example for each rule
"""

import os
import re
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CODE_DIRS = ("include", "src", "recipes", "cli", "examples", "bench", "test")

# Decisions: they get time and randomness as arguments, so that a test can give them any.
PURE = re.compile(r"^(src|recipes|cli)/(\w+_machine|contender|backoff|belief|args)\.[ch]pp$")
IMPURE = re.compile(
    r"::now\s*\(|\b(clock_gettime|gettimeofday|random_device|s?rand|mt19937(_64)?)\b")
# The error code type is the one thing a decision may know of Asio.
PURE_MAY_INCLUDE_OF_ASIO = ("boost/asio/error.hpp",)

# Of src/, the recipes see the session and nothing below it.
# The core to talk to the ensemble, and the seam for the words its answers are given in, which pure
# machines may use: it knows no Asio.
RECIPES_MAY_INCLUDE_OF_SRC = (
    "src/session_core.hpp", "src/tenure.hpp", "src/hold_number.hpp", "src/zk_client.hpp",
    "src/znode_path.hpp")

# Everything else of src/ is the same code over the real C client and over a simulated one.
C_CLIENT_IN = re.compile(r"^(src/zk_handle\.cpp$|bench/|test/)")

# These show what a user can do, so they may see only what a user sees.
OUTSIDE = re.compile(r"^(cli|examples|bench|test/interop|test/package)/")

SLEEP = re.compile(r"\b(sleep_for|sleep_until|usleep|nanosleep)\b|(?<![\w.>])sleep\s*\(")
# A bounded wait has to pause between two looks; it is the one place that may.
MAY_SLEEP = ("test/support/wait.cpp", "test/support/wait.hpp")

UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME)\b")  # in two parts, or this line would be one
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def check_include(path, kind, target):
    """The message for one include of `target` in the file `path`, or None if it is allowed."""
    local = kind == '"'
    ours = target.startswith(("src/", "recipes/", "test/", "cli/"))

    if ".." in target.split("/"):
        return "write includes from the root of the project, without '..'"
    if target.startswith("test/") and not path.startswith("test/"):
        return "nothing outside test/ may include test/"
    if target.startswith("paddock/") and local:
        return "public headers are included as <paddock/...>"
    if target.startswith("zookeeper/") and not C_CLIENT_IN.search(path):
        return "the C client is known to src/zk_handle.cpp alone"
    if OUTSIDE.search(path):
        return "this part sees Paddock only as <paddock/...>" if ours else None
    if path.startswith("include/"):
        allowed = target.startswith(("paddock/", "boost/asio/", "boost/system/", "boost/asio.hpp"))
        standard = "/" not in target and "." not in target
        if local or not (allowed or standard):
            return "public headers include the standard library, boost/asio, boost/system and themselves"
    if path.startswith(("src/", "recipes/", "test/")) and local and not ours:
        return "write internal includes from the root: \"src/...\", \"recipes/...\", \"test/...\""
    if path.startswith("src/") and target.startswith("recipes/"):
        return "src/ lies below recipes/ and cannot include it"
    if path.startswith("recipes/") and target.startswith("src/"):
        if target not in RECIPES_MAY_INCLUDE_OF_SRC:
            return "of src/, recipes see only " + ", ".join(RECIPES_MAY_INCLUDE_OF_SRC)
    if PURE.search(path):
        if target.startswith("boost/asio") and target not in PURE_MAY_INCLUDE_OF_ASIO:
            return "a decision knows no Asio beyond the error code type"
        if target == "random":
            return "a decision draws no random number: take it as an argument"
    return None


def without_comments(text):
    """`text` with comments and literals blanked, lines kept: words in them are not code."""
    token = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])*\'', re.S)
    return token.sub(lambda found: re.sub(r"[^\n]", " ", found.group()), text)


def check_code(path, text):
    """Yields (line, message) for one C++ file."""
    if path.endswith(".hpp") and not re.search(r"^#pragma once$", text, re.M):
        yield 1, "a header needs #pragma once"
    for number, line in enumerate(text.splitlines(), 1):
        found = INCLUDE.match(line)
        message = found and check_include(path, found.group(1), found.group(2))
        if message:
            yield number, f"{message} (includes {found.group(2)})"
    for number, line in enumerate(without_comments(text).splitlines(), 1):
        if path.startswith("test/") and path not in MAY_SLEEP and SLEEP.search(line):
            yield number, "tests do not sleep: wait for the event, with a bound"
        if PURE.search(path) and IMPURE.search(line):
            yield number, "a decision reads no clock and draws no random number"


def listed_sources(root, files):
    """Every file that a CMakeLists.txt names, as a path from the root."""
    listed = set()
    for path in files:
        if os.path.basename(path) != "CMakeLists.txt":
            continue
        text = re.sub(r"#[^\n]*", "", (root / path).read_text(encoding="utf-8"))
        for name in re.findall(r"(?<![\w}./-])[\w./-]+\.[ch]pp\b", text):
            listed.add(os.path.normpath(os.path.join(os.path.dirname(path), name)))
        if path == "CMakeLists.txt":  # the public headers are listed by their names alone
            listed.update(f"include/paddock/{name}" for name in re.findall(r"\w+\.hpp\b", text))
    return listed


def project_files(root):
    """Paths of all files of the project, without hidden folders and build trees."""
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(
            name for name in folders
            if not name.startswith((".", "__"))
            and not (name == "build" and Path(folder) == root))
        for name in sorted(names):
            yield (Path(folder) / name).relative_to(root).as_posix()


def check_project(root):
    """All faults of the project at `root`, as (path, line, message)."""
    files = list(project_files(root))
    listed = listed_sources(root, files)
    faults = []
    for path in files:
        in_code_dir = path.startswith(tuple(name + "/" for name in CODE_DIRS))
        is_code = in_code_dir and path.endswith((".cpp", ".hpp"))
        is_build = path.endswith((".cmake", "CMakeLists.txt")) or path.startswith(("scripts/", "cmake/"))
        if not (is_code or is_build):
            continue
        text = (root / path).read_text(encoding="utf-8")
        if is_code:
            faults += [(path, line, message) for line, message in check_code(path, text)]
            needs_listing = path.endswith(".cpp") or path.startswith("include/")
            if needs_listing and path not in listed:
                faults.append((path, 1, "no CMakeLists.txt names this file, so nobody builds it"))
        for number, line in enumerate(text.splitlines(), 1):
            if UNFINISHED.search(line):
                faults.append((path, number, "finish it, or say in the documentation what is missing"))
    return faults


# (file, its text, the line of the fault, a part of the message); an empty message: no fault.
EXAMPLES = [
    ("src/good.cpp", '#include "src/session_core.hpp"\n#include <boost/asio.hpp>\n', 0, ""),
    ("src/zk_handle.cpp", "#include <zookeeper/zookeeper.h>\n", 0, ""),
    ("src/io.cpp", "#include <zookeeper/zookeeper.h>\n", 1, "zk_handle.cpp alone"),
    ("src/up.cpp", '\n#include "recipes/key.hpp"\n', 2, "below recipes/"),
    ("src/near.cpp", '#include "belief.hpp"\n', 1, "from the root"),
    ("src/dots.cpp", '#include "../src/belief.hpp"\n', 1, "without '..'"),
    ("src/quoted.cpp", '#include "paddock/error.hpp"\n', 1, "<paddock/...>"),
    ("src/harness.cpp", '#include "test/support/wait.hpp"\n', 1, "outside test/"),
    ("recipes/good.cpp", '#include "src/session_core.hpp"\n#include <paddock/error.hpp>\n', 0, ""),
    ("recipes/deep.cpp", '#include "src/belief.hpp"\n', 1, "recipes see only"),
    ("recipes/lock_machine.cpp", "#include <boost/asio/steady_timer.hpp>\n", 1, "no Asio"),
    ("recipes/x_machine.cpp", "auto t = clock::now();\n", 1, "reads no clock"),
    ("recipes/contender.cpp", "// clock::now() in a comment\n#include <boost/asio/error.hpp>\n", 0, ""),
    ("src/backoff.cpp", "#include <random>\n", 1, "no random number"),
    ("include/paddock/deep.hpp", '#pragma once\n#include "src/belief.hpp"\n', 2, "public headers"),
    ("include/paddock/log.hpp", "#pragma once\n#include <spdlog/spdlog.h>\n", 2, "public headers"),
    ("include/paddock/good.hpp", "#pragma once\n#include <chrono>\n#include <boost/asio/post.hpp>\n", 0, ""),
    ("include/paddock/bare.hpp", "// no guard\n", 1, "#pragma once"),
    ("examples/a/main.cpp", '#include "src/token.hpp"\n', 1, "only as <paddock/...>"),
    ("examples/a/good.cpp", '#include "cache.hpp"\n#include <paddock/paddock.hpp>\n', 0, ""),
    ("bench/good.cpp", "#include <zookeeper/zookeeper.h>\n", 0, ""),
    ("test/interop/x.cpp", '#include "recipes/key.hpp"\n', 1, "only as <paddock/...>"),
    ("test/unit/s_test.cpp", "\nstd::this_thread::sleep_for(1s);\n", 2, "do not sleep"),
    ("test/unit/t_test.cpp", "::sleep(1);\n", 1, "do not sleep"),
    ("test/unit/u_test.cpp", 'TEST_CASE("it must not sleep (1)") {}\n', 0, ""),
    ("test/support/wait.cpp", "std::this_thread::sleep_for(1ms);\n", 0, ""),
    ("src/later.cpp", "// TO" "DO: finish\n", 1, "finish it"),
    ("src/unlisted.cpp", "\n", 1, "nobody builds it"),
    ("include/paddock/unlisted.hpp", "#pragma once\n", 1, "nobody builds it"),
]


def self_test():
    """Each example, alone in a project, gives exactly the fault it stands for."""
    wrong = 0
    for path, text, line, message in EXAMPLES:
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text, encoding="utf-8")
            listing = "" if "unlisted" in path else f"add_library(x {path} {Path(path).name})\n"
            (root / "CMakeLists.txt").write_text(listing, encoding="utf-8")
            faults = check_project(root)
        expected = not faults if not message else (
            len(faults) == 1 and faults[0][:2] == (path, line) and message in faults[0][2])
        if not expected:
            wrong += 1
            print(f"{path}: expected {message or 'no fault'!r} in line {line}, got {faults}")
    print(f"{len(EXAMPLES) - wrong} of {len(EXAMPLES)} examples judged as they should be")
    return 1 if wrong else 0


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    if sys.argv[1:]:
        print(__doc__)
        return 2
    faults = check_project(ROOT)
    for path, line, message in faults:
        print(f"{path}:{line}: {message}")
    print(f"tidy: {len(faults)} faults" if faults else "tidy: no faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
