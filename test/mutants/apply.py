#!/usr/bin/env python3
"""Writes the one source that a mutant changes, with the bug in it; prints the source's path.

    test/mutants/apply.py NAME --output FOLDER     writes FOLDER/src/belief.cpp, say
"""

import argparse
import sys
from pathlib import Path

sys.dont_write_bytecode = True
from mutants import read_list


def main():
    parser = argparse.ArgumentParser(description="Writes a source with a planted bug.")
    parser.add_argument("name")
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER")
    options = parser.parse_args()

    mutant = next((m for m in read_list() if m.name == options.name), None)
    if mutant is None:
        sys.exit(f"there is no mutant '{options.name}'; see scripts/mutants --list")
    target = options.output / mutant.file
    target.parent.mkdir(parents=True, exist_ok=True)
    text = mutant.mutated()
    if not target.is_file() or target.read_text(encoding="utf-8") != text:
        target.write_text(text, encoding="utf-8")
    print(mutant.file)


if __name__ == "__main__":
    main()
