"""What is measured, and in which order."""

from dataclasses import dataclass
from typing import Optional

from contestants import Contestant
from figures import Result


@dataclass
class Measure:
    name: str
    task: str
    says: str
    in_flight: int = 1
    peers_of: Optional[str] = None  # the measure that has the peers' side, where they lack the task


MEASURES = [
    Measure("solo_scope", "solo_scope", "one caller, released by scope; the peers' releases confirmed",
            peers_of="solo_confirmed"),
    Measure("solo_confirmed", "solo_confirmed", "one caller, each release confirmed"),
    *(Measure(f"keys{count}", "keys", f"{count} callers in one session, a key each", count)
      for count in (1, 8, 64, 256, 1024)),
    *(Measure(f"handoff{count}", "hand_off", f"{count} sessions on one key", count)
      for count in (2, 8, 32)),
]
ROUNDS = 3  # of turns, within a run
QUICK = ("solo_scope", "solo_confirmed", "keys64", "keys256", "handoff8")


def measure_all(ensemble, drivers, measures, runs, seconds, note):
    """The result of each measure. Before the first run everybody warms up, the servers too."""
    results = {each.name: Result(each.name, each.says, each.peers_of) for each in measures}
    contestants = []
    try:
        for name, command in drivers.items():
            contestants.append(Contestant(name, command, ensemble.host))
        note("warming up...")
        for measure in measures:
            take_turns(contestants, measure, seconds / 2, 0)
        for run in range(runs):
            for measure in measures:
                note(f"run {run + 1} of {runs}: {measure.name}")
                results[measure.name].add_run(take_turns(contestants, measure, seconds, run))
    finally:
        for one in contestants:
            one.end()
    for result in results.values():
        if result.peers_of:
            result.adopt_peers(results[result.peers_of])
    return results


def take_turns(contestants, measure, seconds, run):
    """The rate of everybody who has the task. Who begins changes with each run.

    Each has several short turns rather than one long one: a pause of the machine then hits more than
    one of them.
    """
    rates = {}
    for _ in range(ROUNDS):
        for place in range(len(contestants)):
            one = contestants[(run + place) % len(contestants)]
            answer = one.ask(measure.task, measure.in_flight, seconds / ROUNDS)
            if answer:
                rates.setdefault(one.name, []).append(answer.rate)
    return {name: sum(some) / len(some) for name, some in rates.items()}
