"""The planted bugs of mutants.txt: how they are read, checked, and put into a source."""

import re
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIST = Path(__file__).with_name("mutants.txt")
LEAST = 40  # fewer say too little about what the simulation would find


@dataclass
class Place:
    """One place of a source: what stands there, and what the mutant puts there instead."""

    original: list = field(default_factory=list)
    replacement: list = field(default_factory=list)

    def add(self, mark, line):
        if mark in " -":
            self.original.append(line)
        if mark in " +":
            self.replacement.append(line)

    def texts(self):
        return "\n".join(self.original), "\n".join(self.replacement)


@dataclass
class Mutant:
    name: str
    line: int
    file: str = ""
    breaks: str = ""
    seen: str = ""
    places: list = field(default_factory=lambda: [Place()])

    def faults(self, root=ROOT):
        """What is wrong with it, as texts."""
        if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", self.name):
            yield "a name is in kebab-case"
        if not self.breaks:
            yield "it does not say which promise it breaks"
        if not re.fullmatch(r"(src|recipes)/\w+\.cpp", self.file) or not (root / self.file).is_file():
            yield f"'{self.file}' is no source of the library"
            return
        text = (root / self.file).read_text(encoding="utf-8")
        for number, (original, replacement) in enumerate((p.texts() for p in self.places), 1):
            if original == replacement:
                yield f"place {number} changes nothing"
            count = text.count(original) if original else 0
            if count != 1:
                yield f"place {number} occurs {count} times in {self.file}, not once"

    def mutated(self, root=ROOT):
        """The text of its file with the bug in it."""
        text = (root / self.file).read_text(encoding="utf-8")
        for original, replacement in (place.texts() for place in self.places):
            if text.count(original) != 1:
                raise ValueError(f"{self.name}: this does not occur once in {self.file}:\n{original}")
            text = text.replace(original, replacement)
        return text


def read_list(path=LIST):
    """All mutants, in the order of the file."""
    mutants = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        word, _, rest = line.partition(" ")
        if word == "mutant":
            mutants.append(Mutant(rest.strip(), number))
        elif not mutants:
            raise ValueError(f"{path.name}:{number}: a list begins with a mutant")
        elif word in ("file", "breaks", "seen"):
            setattr(mutants[-1], word, rest.strip())
        elif line == "@@":
            mutants[-1].places.append(Place())
        elif line[0] in " -+":
            mutants[-1].places[-1].add(line[0], line[1:])
        else:
            raise ValueError(f"{path.name}:{number}: what is '{line}'?")
    return mutants


def check(mutants):
    """All faults of the list, as (line of the list, message)."""
    names = set()
    for mutant in mutants:
        if mutant.name in names:
            yield mutant.line, f"{mutant.name}: there is another of this name"
        names.add(mutant.name)
        for fault in mutant.faults():
            yield mutant.line, f"{mutant.name}: {fault}"
    if len(mutants) < LEAST:
        yield 1, f"{len(mutants)} mutants are fewer than {LEAST}"
