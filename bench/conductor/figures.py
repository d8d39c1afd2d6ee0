"""What the measured values come to: medians, spread, ratios; as tables and as JSON."""

import statistics

from contestants import NO_PEERS, BenchFailed
from measures import Scale


class Result:
    """Of one measure: one value for each run, of each contestant that has the task."""

    group = "measures"

    def __init__(self, measure, values):
        self.measure = measure
        self.values = values

    def adopt_peers(self, other):
        self.values = other.values | self.values

    def median(self, name):
        return statistics.median(self.values[name])

    def ranking(self, names):
        return sorted(names, key=self.median, reverse=self.measure.more_is_better)

    def fastest_peer(self):
        return next(iter(self.ranking(name for name in self.values if name not in NO_PEERS)), None)

    def ratios(self, to):
        """How many times as good Paddock is as another one, within each run."""
        if not all(self.values["paddock"]) or not all(self.values[to]):
            raise BenchFailed(f"{self.measure.name}: turns are too short to do anything in them")
        pairs = zip(self.values["paddock"], self.values[to])
        if self.measure.more_is_better:
            return [ours / theirs for ours, theirs in pairs]
        return [theirs / ours for ours, theirs in pairs]

    def figures(self):
        name = self.measure.name
        figures = {}
        peer = self.fastest_peer()
        if peer:
            figures |= figure(f"{name}_vs_peer", self.ratios(peer))
            figures[f"{name}_peer"] = peer
        if "raw" in self.values:
            figures |= figure(f"{name}_vs_raw", self.ratios("raw"))
        if self.measure.figure:
            figures |= figure(self.measure.figure, self.values["paddock"])
        return figures

    def as_json(self):
        return {"says": self.measure.says, "unit": self.measure.unit,
                "more_is_better": self.measure.more_is_better,
                "runs": {each: [round(value, 2) for value in some]
                         for each, some in self.values.items()}}

    def runs(self):
        return max(map(len, self.values.values()))

    def print_table(self):
        form = ".2f" if max(map(max, self.values.values())) < 100 else ".0f"
        for name in self.ranking(self.values):
            ratio = "" if name == "paddock" else spread(self.ratios(name), ".2f") + " x"
            print(f"  {ratio:>22} {name:14}{spread(self.values[name], form):>24} {self.measure.unit}")


class Series:
    """Of a `Scale`: for each number of keys the bytes and the microseconds for one, of each run."""

    group = "series"

    def __init__(self, measure, values):
        self.measure = measure
        self.bytes = {count: [each for each, _ in some] for count, some in values.items()}
        self.processor_us = {count: [each for _, each in some] for count, some in values.items()}

    def figures(self):
        """How many times as much a key costs with the most of them as with the fewest."""
        name = self.measure.name
        return (figure(f"{name}_bytes_growth", self.growth(self.bytes)) |
                figure(f"{name}_cpu_growth", self.growth(self.processor_us)))

    @staticmethod
    def growth(values):
        return [most / few for few, most in zip(values[min(values)], values[max(values)])]

    def as_json(self):
        return {"says": self.measure.says, "keys": list(self.bytes),
                "bytes_per_key": [[round(each) for each in some] for some in self.bytes.values()],
                "cpu_us_per_lock": [[round(each, 2) for each in some]
                                    for some in self.processor_us.values()]}

    def runs(self):
        return max(map(len, self.bytes.values()))

    def print_table(self):
        for count, some in self.bytes.items():
            used = spread(self.processor_us[count], ".1f")
            print(f"  {count:>10} keys {spread(some, '.0f'):>24} bytes a key {used:>24} us a lock")


def results_of(measures, values):
    results = {each.name: (Series if isinstance(each, Scale) else Result)(each, values[each.name])
               for each in measures}
    for result in results.values():
        if result.measure.peers_of:
            result.adopt_peers(results[result.measure.peers_of])
    return results


def spread(values, form):
    low, middle, high = (format(each, form) for each in
                         (min(values), statistics.median(values), max(values)))
    return f"{middle} ({low}-{high})"


def print_tables(results):
    for result in results.values():
        print(f"\n{result.measure.name}: {result.measure.says}")
        result.print_table()
    print("\nmedian of the runs (lowest-highest); ratios: how many times as good Paddock is")


def as_json(results):
    """The figures by name: ratios and who they are to, single figures, then the values of all runs."""
    figures = {}
    values = {kind.group: {} for kind in (Result, Series)}
    for name, result in results.items():
        figures |= result.figures()
        values[result.group][name] = result.as_json()
    return {"runs": max(result.runs() for result in results.values()), **figures, **values}


def figure(name, values):
    return {name: round(statistics.median(values), 3),
            f"{name}_range": [round(min(values), 3), round(max(values), 3)]}
