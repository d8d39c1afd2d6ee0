"""The servers that everybody is measured on."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from contestants import ROOT, BenchFailed

# What a service would run with, not the small Java that `scripts/ensemble` starts by itself.
JAVA = "-Xmx1g"


class Redis:
    """A Redis server that keeps nothing on disk; for orientation."""

    def __init__(self, driver):
        self.command = [driver]
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        self.host = f"127.0.0.1:{port}"
        self.process = subprocess.Popen(
            ["redis-server", "--bind", "127.0.0.1", "--port", str(port), "--save", ""],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.1)
        self.end()
        raise BenchFailed("redis-server does not start")

    def end(self):
        self.process.terminate()
        self.process.wait()


class Ensemble:
    """`scripts/ensemble` in a folder of its own, in memory where there is room."""

    def __init__(self, servers):
        memory = Path("/dev/shm")
        self.folder = Path(tempfile.mkdtemp(prefix="paddock-bench-",
                                            dir=memory if os.access(memory, os.W_OK) else None))
        self.env = os.environ | {"PADDOCK_ENSEMBLE_DIR": str(self.folder),
                                 "PADDOCK_SERVER_JAVA": JAVA}
        try:
            self.all_hosts = self._say("up", str(servers)).splitlines()[-1]
            self.host = self._one_host()
        except BaseException:
            self.down()
            raise

    def _say(self, *words):
        done = subprocess.run([ROOT / "scripts/ensemble", *words], env=self.env,
                              stdout=subprocess.PIPE, text=True, check=True)
        return done.stdout.strip()

    def modes(self):
        """Of each server, its number, address and mode."""
        return [line.split() for line in self._say("status").splitlines()]

    def _one_host(self):
        """The server that all clients connect to: a follower, as most clients have, or the only one.

        Were each to choose, one contestant might have the leader and another one a follower.
        """
        return next(host for _, host, mode in self.modes() if mode in ("follower", "standalone"))

    def kill_leader(self):
        """Ends the leader as a crash would; gives its number."""
        number = next(number for number, _, mode in self.modes() if mode == "leader")
        os.kill(int((self.folder / number / "pid").read_text()), signal.SIGKILL)
        return number

    def start(self, number):
        self._say("start", number)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.down()

    def down(self):
        subprocess.run([ROOT / "scripts/ensemble", "down"], env=self.env, check=False,
                       stdout=subprocess.DEVNULL)
        shutil.rmtree(self.folder, ignore_errors=True)
