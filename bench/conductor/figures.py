"""What the measured values come to: medians, spread, ratios; as tables and as JSON."""

import statistics
from dataclasses import dataclass, field
from typing import Optional

from contestants import OWN


@dataclass
class Result:
    """Of one measure: locks a second, one value for each run, of each contestant that has the task."""
    name: str
    says: str
    peers_of: Optional[str] = None
    rates: dict = field(default_factory=dict)

    def add_run(self, rates):
        for name, rate in rates.items():
            self.rates.setdefault(name, []).append(rate)

    def adopt_peers(self, other):
        for name, rates in other.rates.items():
            self.rates.setdefault(name, rates)

    def median(self, name):
        return statistics.median(self.rates[name])

    def fastest_peer(self):
        return max((name for name in self.rates if name not in OWN), key=self.median, default=None)

    def ratios(self, to):
        """Of Paddock's rate to another one's, within each run."""
        return [ours / theirs for ours, theirs in zip(self.rates["paddock"], self.rates[to])]


def spread(values, form):
    low, middle, high = (format(each, form) for each in
                         (min(values), statistics.median(values), max(values)))
    return f"{middle} ({low}-{high})"


def print_tables(results):
    for result in results.values():
        print(f"\n{result.name}: {result.says}")
        for name in sorted(result.rates, key=result.median, reverse=True):
            ratio = "" if name == "paddock" else spread(result.ratios(name), ".2f") + " x"
            print(f"  {ratio:>22} {name:14}{spread(result.rates[name], '.0f'):>24} locks/s")
    print("\nmedian of the runs (lowest-highest); ratios: how many times as fast Paddock is")


def as_json(results):
    """The figures by name: ratios first, then who they are to, then every run's rates."""
    figures, rates = {}, {}
    for name, result in results.items():
        peer = result.fastest_peer()
        if peer:
            figures |= ratio_figures(f"{name}_vs_peer", result.ratios(peer))
            figures[f"{name}_peer"] = peer
        if "raw" in result.rates:
            figures |= ratio_figures(f"{name}_vs_raw", result.ratios("raw"))
        rates[name] = {each: [round(rate, 1) for rate in result.rates[each]]
                       for each in result.rates}
    return {**figures, "per_s": rates}


def ratio_figures(name, ratios):
    return {name: round(statistics.median(ratios), 3),
            f"{name}_range": [round(min(ratios), 3), round(max(ratios), 3)]}
