"""What the measured values come to: medians, spread, ratios; as tables and as JSON."""

import statistics

from contestants import NO_PEERS, BenchFailed


class Result:
    """Of one measure: one value for each run, of each contestant that has the task."""

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


def results_of(measures, values):
    results = {each.name: Result(each, values[each.name]) for each in measures}
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
        measure = result.measure
        form = ".2f" if max(map(max, result.values.values())) < 100 else ".0f"
        print(f"\n{measure.name}: {measure.says}")
        for name in result.ranking(result.values):
            ratio = "" if name == "paddock" else spread(result.ratios(name), ".2f") + " x"
            print(f"  {ratio:>22} {name:14}{spread(result.values[name], form):>24} {measure.unit}")
    print("\nmedian of the runs (lowest-highest); ratios: how many times as good Paddock is")


def as_json(results):
    """The figures by name: ratios and who they are to, single figures, then the values of all runs."""
    figures = {}
    for name, result in results.items():
        peer = result.fastest_peer()
        if peer:
            figures |= figure(f"{name}_vs_peer", result.ratios(peer))
            figures[f"{name}_peer"] = peer
        if "raw" in result.values:
            figures |= figure(f"{name}_vs_raw", result.ratios("raw"))
        if result.measure.figure:
            figures |= figure(result.measure.figure, result.values["paddock"])
    values = {name: {"says": result.measure.says, "unit": result.measure.unit,
                     "more_is_better": result.measure.more_is_better,
                     "runs": {each: [round(value, 2) for value in some]
                              for each, some in result.values.items()}}
              for name, result in results.items()}
    runs = max(len(some) for result in results.values() for some in result.values.values())
    return {"runs": runs, **figures, "measures": values}


def figure(name, values):
    return {name: round(statistics.median(values), 3),
            f"{name}_range": [round(min(values), 3), round(max(values), 3)]}
