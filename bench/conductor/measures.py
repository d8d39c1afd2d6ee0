"""What is measured, and how."""

import statistics
import time
from dataclasses import dataclass
from typing import Callable, Optional

from contestants import OWN, BenchFailed, Contestant, Relay

ROUNDS = 3  # of turns, within a run
PATIENCE = 5  # turns without a single round trip: a busy machine can stop somebody for that long


class Stage:
    """The servers, the drivers, and who of them runs already."""

    # Each way: 2 ms for a round trip.
    DELAY_US = 1000

    def __init__(self, ensemble, drivers, tools, seconds, keys_most):
        self.ensemble = ensemble
        self.drivers = drivers
        self.tools = tools
        self.seconds = seconds  # of a turn
        self.keys_most = keys_most  # that a `Scale` goes up to
        self.near = None
        self.far = None
        self.relay = None
        self.others = []

    def everybody(self):
        """All contestants, connected to the server."""
        if self.near is None:
            self.near = []  # before they start, so that those that did are ended
            self._start(self.near, self.ensemble.host)
            for kind, driver in self.tools.others:
                other = kind(driver)
                self.others.append(other)
                self.near.append(Contestant(other.name, other.command, other.host))
        return self.near

    def everybody_afar(self):
        """The same, connected through a relay that delays."""
        if self.far is None:
            self.far = []
            self.relay = Relay(self.tools.relay, self.ensemble.host, self.DELAY_US)
            self._start(self.far, self.relay.address)
        return self.far

    def _start(self, contestants, host):
        for name, command in self.drivers.items():
            contestants.append(Contestant(name, command, host))

    def alone(self, name, root):
        """One contestant more, in a process of its own."""
        return Contestant(name, self.drivers[name], self.ensemble.host, root)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for one in (self.near or []) + (self.far or []):
            one.end()
        for server in [self.relay, *self.others]:
            if server:
                server.end()


@dataclass
class Turns:
    """Everybody in turn, as fast as they can."""
    name: str
    says: str
    task: str
    in_flight: int = 1
    peers_of: Optional[str] = None  # the measure that has the peers' side, where they lack the task
    unit = "locks/s"
    more_is_better = True
    figure = None

    def run(self, stage, number):
        return self.rates(stage.everybody(), stage.seconds, number)

    def rates(self, contestants, seconds, number):
        """The rate of everybody who has the task.

        Each has several short turns rather than one long one: a pause of the machine then hits more
        than one of them.
        """
        rates = {}
        for _ in range(ROUNDS):
            for one in turned(contestants, number):
                answer = one.ask(self.task, self.in_flight, seconds / ROUNDS)
                if answer:
                    rates.setdefault(one.name, []).append(answer.rate)
        return {name: sum(some) / len(some) for name, some in rates.items()}


@dataclass
class ProcessorTime:
    """What the client's process takes of a processor for each lock with its release."""
    name: str
    says: str
    task: str
    in_flight: int
    figure: str
    unit = "us"
    more_is_better = False
    peers_of = None

    def run(self, stage, number):
        used = {}
        for _ in range(ROUNDS):
            for one in turned([each for each in stage.everybody() if each.name in OWN], number):
                answer = one.ask(self.task, self.in_flight, stage.seconds / ROUNDS)
                used.setdefault(one.name, []).extend(answer.more)
        if not all(used.values()):
            raise BenchFailed(f"{self.name}: turns are too short to do anything in them")
        return {name: statistics.median(some) for name, some in used.items()}


@dataclass
class RoundTrips:
    """The median time of a lock over a slow link, in that of a round trip over the same link."""
    name: str
    says: str
    figure: str
    unit = "round trips"
    more_is_better = False
    peers_of = None

    def run(self, stage, number):
        everybody = stage.everybody_afar()
        raw = next(one for one in everybody if one.name == "raw")
        counts = {}
        for _ in range(ROUNDS):
            trip = self.median_us(raw, "round_trip", stage)
            for one in turned(everybody, number):
                counts.setdefault(one.name, []).append(
                    self.median_us(one, "solo_confirmed", stage) / trip)
        return {name: statistics.median(some) for name, some in counts.items()}

    @staticmethod
    def median_us(one, task, stage):
        # Few keys, so that each is known to the servers before it counts.
        for _ in range(PATIENCE):
            answer = one.ask(task, 4, stage.seconds / ROUNDS)
            if answer.more:
                return answer.more[0]
        raise BenchFailed(f"{one.name} does nothing within a turn: give more --seconds")


@dataclass
class Recovery:
    """How long each goes without a lock when the leader is killed: all at once, for the same loss."""
    name: str
    says: str
    figure: str
    unit = "s"
    more_is_better = False
    peers_of = None

    runs_max = 100
    LASTS_S = 20  # an election and all reconnects
    BEFORE_S = 6  # past everybody's warm-up

    def run(self, stage, _):
        everybody = [Contestant(name, command, stage.ensemble.all_hosts)
                     for name, command in stage.drivers.items()]
        try:
            for one in everybody:
                one.begin("recover", 64, self.LASTS_S)
            time.sleep(self.BEFORE_S)
            killed = stage.ensemble.kill_leader()
            answers = {one.name: one.answer("recover") for one in everybody}
        finally:
            for one in everybody:
                one.end()
        stage.ensemble.start(killed)
        return {name: answer.more[0] for name, answer in answers.items() if answer}


@dataclass
class Local:
    """What Paddock does without the ensemble."""
    name: str
    says: str
    task: str
    figure: str
    unit: str
    value: Callable  # of the driver's answer
    more_is_better: bool = False
    peers_of = None
    KEYS = 1000

    def run(self, stage, _):
        paddock = next(one for one in stage.everybody() if one.name == "paddock")
        return {"paddock": self.value(paddock.ask(self.task, self.KEYS, stage.seconds))}


@dataclass
class Memory:
    """What Paddock allocates for a key, in a process that does nothing else."""
    name: str
    says: str
    task: str
    figure: str
    keys: int
    held_by_other: bool = False
    runs_max = 2  # allocated bytes hardly differ
    unit = "bytes a key"
    more_is_better = False
    peers_of = None

    def run(self, stage, number):
        root = f"/bench-{self.name}-{number}"
        with stage.alone("paddock", root) as holder, stage.alone("paddock", root) as measured:
            if self.held_by_other:
                holder.ask("hold_all", self.keys, 0)
            answer = measured.ask(self.task, self.keys, 0)
        if answer.count != self.keys:
            raise BenchFailed(f"{self.name}: {answer.count} keys of {self.keys}")
        return {"paddock": answer.more[0] / self.keys}


@dataclass
class Scale:
    """What a held key costs Paddock where there are more and more of them.

    Each number has a process of its own. Its values are no contestants' but the numbers': the bytes
    allocated for a key, and the microseconds of processor time for its lock and release.
    """
    name: str
    says: str
    task: str
    counts: tuple
    runs_max = 3
    peers_of = None

    def run(self, stage, _):
        values = {}
        for count in sorted({min(each, stage.keys_most) for each in self.counts}):
            with stage.alone("paddock", f"/bench-{self.name}") as measured:
                answer = measured.ask(self.task, count, 0)
            allocated, processor_us = answer.more
            values[count] = (allocated / count, processor_us)
        return values


def turned(contestants, number):
    """All of them, another one first in each run."""
    first = number % len(contestants)
    return contestants[first:] + contestants[:first]


MEASURES = [
    Turns("solo_scope", "one caller, released by scope; the peers' releases confirmed",
          "solo_scope", 64, peers_of="solo_confirmed"),
    Turns("solo_confirmed", "one caller, each release confirmed", "solo_confirmed", 64),
    *(Turns(f"keys{count}", f"{count} callers in one session, a key each", "keys", count)
      for count in (1, 8, 64, 256, 1024)),
    *(Turns(f"handoff{count}", f"{count} sessions on one key", "hand_off", count)
      for count in (2, 8, 32)),
    Turns("local_handoff8", "8 callers of one process on one key, passed on; the peers' 8 sessions",
          "local_hand_off", 8, peers_of="handoff8"),
    RoundTrips("delayed", "one caller, each release confirmed, 2 ms away", "delayed_round_trips"),
    Local("retained", "one thread takes retained keys again", "retained", "retained_per_s",
          "locks/s", lambda answer: answer.rate, more_is_better=True),
    Local("retained_p50", "the median of a lock and release of a retained key", "retained",
          "retained_p50_us", "us", lambda answer: answer.more[0]),
    Local("held_call", "a hold is asked whether it is held", "held", "held_ns", "ns",
          lambda answer: answer.more[0]),  # the microseconds of a thousand
    ProcessorTime("keys64_cpu", "processor time of a lock, 64 callers in one session", "keys", 64,
                  "keys64_cpu_us"),
    Recovery("recovery", "the longest time without a lock when the leader is killed", "recovery_s"),
    Memory("held", "memory of 20,000 held keys", "memory_held", "bytes_per_held", 20_000),
    Memory("waiting", "memory of 5,000 keys waited for", "memory_waiting", "bytes_per_waiting",
           5_000, held_by_other=True),
    Scale("scale", "memory and processor time of a held key, against their number", "hold_many",
          (1_000, 5_000, 20_000, 50_000, 100_000)),
]
TIMED = (Turns, ProcessorTime, RoundTrips, Local)
QUICK = ("solo_scope", "solo_confirmed", "keys64", "keys256", "handoff8", "delayed", "retained",
         "retained_p50", "held_call", "held", "waiting")


def measure_all(stage, measures, runs, limit, note):
    """For each measure by name: for each contestant by name: a value for each run.

    Before the first run, once through all without counting: the Java of a server or a peer gets
    faster by it. With a limit in seconds, no run is begun that would probably end after it.
    """
    values = {each.name: {} for each in measures}
    timed = [each for each in measures if isinstance(each, TIMED)]

    def one_run(number, some, what):
        for measure in some:
            note(f"{what}: {measure.name}")
            for name, value in measure.run(stage, number).items():
                values[measure.name].setdefault(name, []).append(value)

    began = time.monotonic()
    one_run(0, timed, "warming up")
    for measure in timed:
        values[measure.name].clear()
    for number in range(runs):
        spent = time.monotonic() - began
        if limit and spent + spent / (number + 1) > limit:
            note(f"only {number} runs: this machine is too slow, or too busy, for more")
            break
        one_run(number, timed, f"run {number + 1} of {runs}")
    # Last: they disturb the servers.
    for measure in (each for each in measures if each not in timed):
        for number in range(min(runs, measure.runs_max)):
            one_run(number, [measure], f"run {number + 1}")
    leave_out_idle(values, note)
    return values


def leave_out_idle(values, note):
    """Takes out who did nothing within some turn: a rate of zero has no ratio."""
    for measure, runs in values.items():
        for name in [name for name, some in runs.items() if name != "paddock" and not all(some)]:
            note(f"{measure}: without {name}, for which a turn was too short; give more --seconds")
            del runs[name]
