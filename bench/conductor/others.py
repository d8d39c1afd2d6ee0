"""Locks of servers that are no ZooKeeper, for orientation: they promise something else."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from contestants import BenchFailed, quietly

START_LIMIT_S = 20


def memory_folder():
    """A new folder, in memory where there is room."""
    memory = Path("/dev/shm")
    return Path(tempfile.mkdtemp(prefix="paddock-bench-",
                                 dir=memory if os.access(memory, os.W_OK) else None))


class Other:
    """A server of its own, on a free port, for as long as this; its driver is in bench/peers."""

    def __init__(self, driver):
        self.command = [driver]
        self.folder = memory_folder()
        with socket.create_server(("127.0.0.1", 0)) as taken:
            self.port = taken.getsockname()[1]
        self.host = f"127.0.0.1:{self.port}"
        self.process = None
        try:
            self.process = self.start()
            self._wait()
        except BaseException:
            self.end()
            raise

    def _wait(self):
        deadline = time.monotonic() + START_LIMIT_S
        while time.monotonic() < deadline:
            if self.is_ready():
                return
            time.sleep(0.1)
        raise BenchFailed(f"{self.name} does not start")

    def end(self):
        if self.process:
            self.process.terminate()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class Redis(Other):
    name = "redis"

    @staticmethod
    def is_here():
        return shutil.which("redis-server") is not None

    def start(self):
        return subprocess.Popen(
            ["redis-server", "--bind", "127.0.0.1", "--port", str(self.port), "--save", "",
             "--dir", self.folder], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    def is_ready(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


class Postgres(Other):
    name = "postgres"

    @staticmethod
    def programs():
        """The folder of the newest version, or None: Debian leaves it out of the path."""
        return max(Path("/usr/lib/postgresql").glob("*/bin"), default=None)

    @classmethod
    def is_here(cls):
        return cls.programs() is not None

    def start(self):
        # It refuses to be root.
        user = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.getuid() == 0 else {}
        if user:
            shutil.chown(self.folder, "postgres", "postgres")
        data = self.folder / "data"
        quietly(self.programs() / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "--no-sync",
                cwd=self.folder, **user)
        return subprocess.Popen(
            [self.programs() / "postgres", "-D", data, "-p", str(self.port),
             "-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={self.folder}",
             "-c", "max_connections=100"],
            cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, **user)

    def is_ready(self):
        asked = subprocess.run([self.programs() / "pg_isready", "-q", "-h", "127.0.0.1",
                                "-p", str(self.port)], check=False)
        return asked.returncode == 0


OTHERS = (Redis, Postgres)


@dataclass
class Tools:
    """What a stage needs besides the ensemble and its contestants."""
    relay: Path
    others: list  # of kind and driver


def find_tools(tree):
    drivers = ((kind, tree / f"bench/{kind.name}_driver") for kind in OTHERS)
    return Tools(tree / "bench/delay_relay",
                 [(kind, driver) for kind, driver in drivers if kind.is_here() and driver.exists()])
