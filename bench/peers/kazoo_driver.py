"""kazoo as the conductor's contestant: `kazoo_driver.py HOSTS ROOT`. Protocol: bench/README.md."""

import logging
import statistics
import sys
import threading
import time

from kazoo.client import KazooClient
from kazoo.exceptions import KazooException

HOSTS, ROOT = sys.argv[1:]


class Turn:
    """Counts what is done between the end of a warm-up, a fifth of the time, and the end."""

    def __init__(self, seconds):
        now = time.monotonic()
        self.begin, self.end = now + seconds / 5, now + seconds
        self.counts = {}
        self.last = self.begin
        self.before = now
        self.took = []

    def over(self):
        return time.monotonic() >= self.end

    def done(self):
        now = time.monotonic()
        if self.begin <= now <= self.end:
            me = threading.get_ident()
            self.counts[me] = self.counts.get(me, 0) + 1
            self.last = now
            self.took.append(now - self.before)
        self.before = now

    def result(self):
        return sum(self.counts.values()), self.last - self.begin

    def result_with_median(self):
        """For one caller: with the median of the times from one end to the next, in microseconds."""
        return *self.result(), *([statistics.median(self.took) * 1e6] if self.took else [])

    def result_with_longest(self):
        """For one caller: with the longest time from one end to the next, in seconds."""
        return *self.result(), max(self.took + [self.end - self.before])


def connect():
    client = KazooClient(hosts=HOSTS, timeout=30)
    client.start()
    return client


def once(lock):
    lock.acquire()
    lock.release()


def again_and_again(lock, turn):
    while not turn.over():
        once(lock)
        turn.done()


def in_threads(locks, what, *arguments):
    threads = [threading.Thread(target=what, args=(lock, *arguments)) for lock in locks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def together(locks, seconds):
    in_threads(locks, once)  # what a key costs the first time is not what is measured
    turn = Turn(seconds)
    in_threads(locks, again_and_again, turn)
    return turn.result()


def solo(client, count, seconds):
    locks = [client.Lock(f"{ROOT}/key-{each}") for each in range(count)]
    in_threads(locks, once)
    turn = Turn(seconds)
    done = 0
    while not turn.over():
        once(locks[done % len(locks)])
        turn.done()
        done += 1
    return turn.result_with_median()


def recover(client, count, seconds):
    """At ease, so that all contestants can do it at once while the ensemble breaks."""
    turn = Turn(seconds)
    done = failures = 0
    while not turn.over():
        # Other keys after a failure: its contender may still be there, and in front of the next.
        lock = client.Lock(f"{ROOT}/key-{failures * count + done % count}")
        try:
            if lock.acquire(timeout=10):
                lock.release()
                turn.done()
            done += 1
        except KazooException:
            failures += 1
        time.sleep(0.005)
    return turn.result_with_longest()


def keys(client, count, seconds):
    return together([client.Lock(f"{ROOT}/key-{each}") for each in range(count)], seconds)


def hand_off(_, count, seconds):
    clients = [connect() for _ in range(count)]
    try:
        return together([client.Lock(f"{ROOT}/one") for client in clients], seconds)
    finally:
        for client in clients:
            client.stop()
            client.close()


# It is told of what fails, and some tasks are about connections that do.
logging.disable()

TASKS = {"solo_confirmed": solo, "keys": keys, "hand_off": hand_off, "recover": recover}


def main():
    client = connect()
    print("ready", flush=True)
    for line in sys.stdin:
        name, count, seconds = line.split()
        if name not in TASKS:
            print("unknown", flush=True)
            continue
        try:
            print(*TASKS[name](client, int(count), float(seconds)), flush=True)
        except Exception as failure:  # said, and the next task goes on
            print("failed", repr(failure), flush=True)
    client.stop()


main()
