#!/usr/bin/env python3
"""Whether scripts/bench runs end to end: conductor_test.py BUILD_TREE. It looks at no figure.

Exit code: 0, it does; 1, it does not; 77, it does, but without contestants whose packages are missing.
"""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
MEASURES = ("solo_scope", "keys8", "handoff2", "local_handoff8", "keys64_cpu", "delayed", "retained",
            "retained_p50", "held_call", "held", "waiting")
SERIES = ("scale",)
SCALE_MOST = 2000  # keys; two numbers of them
PEERS = {"kazoo", "curator", "go-zookeeper"}
OTHERS = {"redis", "postgres", "etcd"}
EVERYBODY = {"paddock", "raw"} | PEERS | OTHERS


def faults(figures):
    """What is missing of what the run must have given, with the peers that are here."""
    measured = figures["measures"]
    present = set(measured["solo_confirmed"]["runs"])
    if not {"paddock", "raw"} <= present:
        yield f"measured only {sorted(present)}"
    for name in MEASURES:
        if "paddock" not in measured.get(name, {}).get("runs", {}):
            yield f"{name} was not measured"
    # Redis has no queue.
    for name, some in (("keys8", OTHERS), ("handoff2", OTHERS - {"redis"})):
        for other in sorted(some & present - set(measured.get(name, {}).get("runs", {}))):
            yield f"{name} was not measured with {other}"
    for name in SERIES:
        series = figures["series"].get(name, {})
        lengths = {len(series.get(each, [])) for each in ("keys", "bytes_per_key", "cpu_us_per_lock")}
        if lengths != {2}:
            yield f"{name} was not measured"
    expected = ["delayed_round_trips", "bytes_per_held", "bytes_per_waiting",
                "retained_per_s", "retained_p50_us", "held_ns", "keys8_vs_raw", "keys64_cpu_us",
                "scale_bytes_growth", "scale_cpu_growth"]
    if present & PEERS:
        expected += ["solo_scope_vs_peer", "solo_scope_peer", "solo_confirmed_vs_peer",
                     "keys8_vs_peer", "keys8_peer", "handoff2_vs_peer", "handoff2_peer",
                     "local_handoff8_vs_peer"]
    for name in expected:
        if not figures.get(name):
            yield f"there is no {name}"


def main(tree):
    command = [ROOT / "scripts/bench", "--drivers", tree, "--json", "--runs", "1", "--seconds", "0.4",
               "--most", str(SCALE_MOST)]
    for name in MEASURES + SERIES:
        command += ["--only", name]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    print(done.stdout)
    if done.returncode != 0:
        return 1
    figures = json.loads(done.stdout.splitlines()[-1])
    found = list(faults(figures))
    for fault in found:
        print(fault)
    missing = EVERYBODY - set(figures["measures"]["solo_confirmed"]["runs"])
    if missing:
        print(f"not run: {', '.join(sorted(missing))}; scripts/setup --bench installs them")
    return 1 if found else 77 if missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
