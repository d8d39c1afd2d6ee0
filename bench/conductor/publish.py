#!/usr/bin/python3
"""Writes the plots and the tables of docs/benchmarks.md.

    bench/conductor/publish.py    from the results in docs/benchmarks/*.json

A result is the last line of `scripts/bench --json`. Those of as many servers belong together; where two
have the same measure, the later file by name counts. Tables and conditions go between marks in the page.
"""

import json
import re
import statistics
import sys

sys.dont_write_bytecode = True
from contestants import NO_PEERS, ROOT
from figures import spread

PAGE = ROOT / "docs/benchmarks.md"
FOLDER = ROOT / "docs/benchmarks"
COLOURS = {"paddock": "#1f5fbf", "raw": "#777777", "go-zookeeper": "#2a9d8f", "curator": "#e07a2f",
           "kazoo": "#b04a8f", "redis": "#c0392b", "postgres": "#336791", "etcd": "#419eda"}


def read_results():
    """All of them, by file name."""
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))]


def by_servers(results, group="measures"):
    """By number of servers: the measures by name, or the series."""
    found = {}
    for result in results:
        found.setdefault(result["servers"], {}).update(result.get(group, {}))
    return found


# ---- tables ---------------------------------------------------------------------------------------


def ratios(measure, to):
    pairs = zip(measure["runs"]["paddock"], measure["runs"][to])
    return [ours / theirs if measure["more_is_better"] else theirs / ours for ours, theirs in pairs]


def peer_of(measure):
    """The best of the peers, if there is any."""
    peers = [name for name in measure["runs"] if name not in NO_PEERS]
    best = max if measure["more_is_better"] else min
    return best(peers, key=lambda name: statistics.median(measure["runs"][name]), default=None)


def cell(values):
    middle = statistics.median(values)
    return spread(values, ".0f" if middle >= 100 else ".1f" if middle >= 20 else ".2f")


def table(measures):
    names = [name for name in COLOURS if any(name in each["runs"] for each in measures.values())]
    yield f"| measure | to the fastest peer | to raw | {' | '.join(names)} |"
    yield "| --- " * (3 + len(names)) + "|"
    for name, measure in measures.items():
        peer = peer_of(measure)
        to_peer = f"**{cell(ratios(measure, peer))}** {peer}" if peer else ""
        to_raw = cell(ratios(measure, "raw")) if "raw" in measure["runs"] else ""
        values = (cell(measure["runs"][each]) if each in measure["runs"] else "" for each in names)
        yield f"| `{name}`, {measure['unit']} | {to_peer} | {to_raw} | {' | '.join(values)} |"


def conditions(results):
    for result in results:
        around = result["circumstances"]
        names = [*result["measures"], *result.get("series", {})]
        yield (f"* {', '.join(names)}, with {count_servers(result['servers'])}: "
               f"{around['date']}, {result['runs']} runs, {result['seconds']} s for each contestant and "
               f"timed measure in a run; load average before: {around['load_before']:.1f}.")
    yield (f"* The machine: {around['processor']}, {around['cores']} cores, Linux {around['kernel']}, "
           f"{around['system']}.")
    packages = (f"{name} {version}" for name, version in around["packages"].items() if version)
    yield f"* Packages: {', '.join(packages)}."


def count_servers(count):
    return "1 server" if count == 1 else f"{count} servers"


def write_page(results):
    text = PAGE.read_text(encoding="utf-8")
    text = between(text, "<!-- conditions -->", conditions(results))
    for servers, measures in by_servers(results).items():
        text = between(text, f"<!-- table of {servers} -->", table(measures))
    PAGE.write_text(text, encoding="utf-8")


def between(text, mark, lines):
    """The text with `lines` in place of what was between the two marks."""
    before, _, after = text.split(f"{mark}\n")
    return f"{before}{mark}\n\n" + "\n".join(lines) + f"\n\n{mark}\n{after}"


# ---- plots ----------------------------------------------------------------------------------------


def against_count(plot, measures, prefix, what):
    """Locks a second against the number in a measure's name, with the spread as a band."""
    counts = sorted(int(name[len(prefix):]) for name in measures
                    if re.fullmatch(rf"{prefix}\d+", name))
    for name, colour in COLOURS.items():
        runs = [(count, measures[f"{prefix}{count}"]["runs"].get(name)) for count in counts]
        runs = [(count, some) for count, some in runs if some]
        if not runs:
            continue
        at = [count for count, _ in runs]
        plot.plot(at, [statistics.median(some) for _, some in runs], "o-", color=colour, label=name)
        plot.fill_between(at, [min(some) for _, some in runs], [max(some) for _, some in runs],
                          color=colour, alpha=0.15)
    plot.set(xscale="log", xlabel=what, ylabel="locks/s", xticks=counts, xticklabels=counts)
    if prefix == "keys":  # from hundreds to ten thousands
        plot.set(yscale="log")
    else:
        plot.set_ylim(bottom=0)
    plot.minorticks_off()
    plot.grid(alpha=0.3)
    plot.legend()


def bars(plot, measure, what):
    """One bar for each contestant, with its spread."""
    names = [name for name in COLOURS if name in measure["runs"]]
    middles = [statistics.median(measure["runs"][name]) for name in names]
    reach = [[middle - min(measure["runs"][name]) for name, middle in zip(names, middles)],
             [max(measure["runs"][name]) - middle for name, middle in zip(names, middles)]]
    plot.bar(names, middles, yerr=reach, capsize=4, color=[COLOURS[name] for name in names])
    plot.set(ylabel=what)
    plot.grid(alpha=0.3, axis="y")


def against_keys(plot, keys, values, what):
    """What all keys cost together against their number, beside a straight line from nothing to
    what the most of them cost."""
    all_together = [[count * each for each in some] for count, some in zip(keys, values)]
    most = statistics.median(all_together[-1])
    plot.plot([0, keys[-1]], [0, most], "--", color="#777777", label="in proportion")
    plot.plot(keys, [statistics.median(some) for some in all_together], "o-",
              color=COLOURS["paddock"], label="paddock")
    plot.fill_between(keys, [min(some) for some in all_together],
                      [max(some) for some in all_together], color=COLOURS["paddock"], alpha=0.15)
    plot.set(xlabel="keys held", ylabel=what)
    plot.set_xlim(left=0)
    plot.set_ylim(bottom=0)
    plot.grid(alpha=0.3)
    plot.legend()


def scale(plots, series):
    left, right = plots
    against_keys(left, series["keys"],
                 [[each / 2**20 for each in some] for some in series["bytes_per_key"]], "memory, MiB")
    against_keys(right, series["keys"],
                 [[each / 1e6 for each in some] for some in series["cpu_us_per_lock"]],
                 "processor time, s")


def write_plots(measures_by_servers, series_by_servers):
    import matplotlib
    matplotlib.use("svg")
    # Text stays text, and the same results give the same file.
    matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "paddock"})
    from matplotlib import pyplot

    def draw(name, title, fill, panels=1):
        figure, plot = pyplot.subplots(1, panels, figsize=(6.4, 4), layout="constrained")
        fill(plot)
        if panels == 1:
            plot.set_title(title)
        else:
            figure.suptitle(title)
        figure.savefig(FOLDER / f"{name}.svg", metadata={"Date": None})
        pyplot.close(figure)

    for servers, measures in measures_by_servers.items():
        where = count_servers(servers)
        draw(f"keys-{servers}", f"Many keys, one session, {where}",
             lambda plot, m=measures: against_count(plot, m, "keys", "keys in flight"))
        draw(f"handoff-{servers}", f"Hand-off of one key, {where}",
             lambda plot, m=measures: against_count(plot, m, "handoff", "sessions on the key"))
        for name, title in (("delayed", "A lock and its confirmed release, 2 ms away"),
                            ("recovery", "Without a lock when the leader is killed")):
            if name in measures:
                draw(f"{name}-{servers}", f"{title}, {where}",
                     lambda plot, m=measures[name]: bars(plot, m, m["unit"]))
    for servers, series in series_by_servers.items():
        if "scale" in series:
            draw(f"scale-{servers}", f"Keys held by one process, {count_servers(servers)}",
                 lambda plots, s=series["scale"]: scale(plots, s), panels=2)


def main():
    results = read_results()
    write_plots(by_servers(results), by_servers(results, "series"))
    write_page(results)


if __name__ == "__main__":
    main()
