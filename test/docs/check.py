#!/usr/bin/env python3
"""Checks what the documentation says against the tree.

    check.py compile COMPILER [FLAG...]   compiles every ```cpp block that begins with "// compiles"
    check.py statements                   runs every ```sql block that begins with "-- runs" in SQLite
    check.py names                        links, files and errors named in the texts, and the tests
                                          named in docs/gotchas.md and docs/testing.md, exist; every
                                          error is explained
"""

import re
import sqlite3
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)


def pages():
    """README.md and the like, and everything in docs/."""
    return sorted(ROOT.glob("*.md")) + sorted((ROOT / "docs").rglob("*.md"))


def shown(page):
    return page.relative_to(ROOT).as_posix()


def blocks(language, mark):
    """(page:line, text) of each block of `language` whose first line is `mark`."""
    for page in pages():
        text = page.read_text(encoding="utf-8")
        for found in BLOCK.finditer(text):
            if found[1] == language and found[2].startswith(mark + "\n"):
                line = text.count("\n", 0, found.start(2)) + 1
                yield f"{shown(page)}:{line}", page, line, found[2]


def compile_block(command, block):
    """The fault of one block, or None."""
    place, page, line, text = block
    with tempfile.NamedTemporaryFile("w", suffix=".cpp", encoding="utf-8") as source:
        source.write(f'#line {line} "{page}"\n{text}')  # errors name the page
        source.flush()
        result = subprocess.run([*command, source.name], capture_output=True, text=True, check=False)
    if result.returncode != 0 or result.stderr:
        return f"{place}: does not compile without warnings\n{result.stderr}"
    print(f"{place}: compiles")
    return None


def check_compile(compiler, flags):
    command = [compiler, "-std=c++20", "-fsyntax-only", *flags]
    with ThreadPoolExecutor(max_workers=4) as pool:
        faults = pool.map(lambda block: compile_block(command, block), blocks("cpp", "// compiles"))
        return [fault for fault in faults if fault]


def check_statements():
    """Each SELECT must give what the comment behind it says."""
    faults = []
    for place, _, _, text in blocks("sql", "-- runs"):
        database = sqlite3.connect(":memory:")
        for statement, expected in re.findall(r"(.*?;)(?:[ ]*-- gives: (.*))?\n", text, re.S):
            row = database.execute(statement).fetchone()
            if expected and (row is None or str(row[0]) != expected.strip()):
                faults.append(f"{place}: expected {expected}, got {row}")
        print(f"{place}: runs")
    return faults


def anchors(text):
    """The anchors that GitHub gives to the headings of a page."""
    for heading in re.findall(r"^#+ (.*)$", re.sub(BLOCK, "", text), re.M):
        yield re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")


def check_links(page, text):
    for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(BLOCK, "", text)):
        if re.match(r"https?://", target):
            continue
        path, _, anchor = target.partition("#")
        to = (page.parent / path).resolve() if path else page
        if not to.exists():
            yield f"{shown(page)}: the link {target} leads nowhere"
        elif anchor and anchor not in anchors(to.read_text(encoding="utf-8")):
            yield f"{shown(page)}: {target} has no such heading"


def check_files(page, text):
    """Paths in backquotes that begin with a folder of ours; `x` stands for x.hpp or x.cpp too."""
    folders = "include|src|recipes|examples|bench|test|scripts|cmake|docs"
    for name in re.findall(rf"`((?:{folders})/[\w./-]+)`", text):
        if not any((ROOT / (name + ending)).exists() for ending in ("", ".hpp", ".cpp")):
            yield f"{shown(page)}: there is no {name}"


def test_names():
    """The names of all test cases, pieces of a literal joined."""
    case = re.compile(r'\bTEST_CASE\w*\(\s*((?:"(?:\\.|[^"\\])*"\s*)+)')
    for source in [*(ROOT / "test").rglob("*.cpp"), *(ROOT / "examples").rglob("*.cpp")]:
        for found in case.findall(source.read_text(encoding="utf-8")):
            yield "".join(re.findall(r'"((?:\\.|[^"\\])*)"', found)).replace('\\"', '"')


def check_names():
    faults = []
    for page in pages():
        text = page.read_text(encoding="utf-8")
        faults += [*check_links(page, text), *check_files(page, text)]

    known = set(test_names())
    for page in ("docs/gotchas.md", "docs/testing.md"):
        text = (ROOT / page).read_text(encoding="utf-8")
        faults += [f'{page}: there is no test "{name}"'
                   for name in re.findall(r'\*"([^"*]+)"\*', text) if name not in known]

    header = (ROOT / "include/paddock/error.hpp").read_text(encoding="utf-8")
    declared = re.search(r"enum class errc \{(.*?)\};", header, re.S)[1]
    codes = set(re.findall(r"^\s*(\w+)(?: = \d+)?,", declared, re.M))
    explained = set(re.findall(r"^### errc::(\w+)$",
                               (ROOT / "docs/errors.md").read_text(encoding="utf-8"), re.M))
    faults += [f"docs/errors.md: does not explain errc::{code}" for code in codes - explained]
    faults += [f"docs/errors.md: there is no errc::{code}" for code in explained - codes]
    return faults


def main():
    what = sys.argv[1] if len(sys.argv) > 1 else ""
    if what == "compile" and len(sys.argv) > 2:
        faults = check_compile(sys.argv[2], sys.argv[3:])
    elif what == "statements":
        faults = check_statements()
    elif what == "names":
        faults = check_names()
    else:
        print(__doc__)
        return 2
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
