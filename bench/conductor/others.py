"""Locks of servers that are no ZooKeeper, for orientation: they promise something else."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from contestants import BenchFailed, build_go, peers_folder, quietly

START_LIMIT_S = 20


def memory_folder():
    """A new folder, in memory where there is room."""
    memory = Path("/dev/shm")
    return Path(tempfile.mkdtemp(prefix="paddock-bench-",
                                 dir=memory if os.access(memory, os.W_OK) else None))


def free_ports(count):
    """So many different ones."""
    with ExitStack() as taken:  # each until all are there, or one could come twice
        sockets = [taken.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [each.getsockname()[1] for each in sockets]


class Other:
    """A server of its own, on free ports, for as long as this; its driver is in bench/peers."""

    PORTS = 1  # the first is for clients

    def __init__(self, driver):
        self.command = [driver]
        self.folder = memory_folder()
        self.port, *self.more_ports = free_ports(self.PORTS)
        self.host = f"127.0.0.1:{self.port}"
        self.process = None
        try:
            self.process = self.start()
            self._wait()
        except BaseException:
            self.end()
            raise

    @classmethod
    def make_driver(cls, tree):
        """The driver, which CMake built with Paddock's if its library was there."""
        driver = tree / f"bench/{cls.name}_driver"
        if not driver.exists():
            raise BenchFailed("its driver is not built")
        return driver

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


class Etcd(Other):
    name = "etcd"
    PORTS = 2  # it wants one for its peers, and has none

    @staticmethod
    def is_here():
        return shutil.which("etcd") is not None

    @classmethod
    def make_driver(cls, tree):
        return build_go(peers_folder(tree), cls.name)

    def start(self):
        url, peer_url = (f"http://127.0.0.1:{port}" for port in (self.port, *self.more_ports))
        return subprocess.Popen(
            ["etcd", "--name", "bench", "--data-dir", self.folder / "data",
             "--listen-client-urls", url, "--advertise-client-urls", url,
             "--listen-peer-urls", peer_url, "--initial-advertise-peer-urls", peer_url,
             "--initial-cluster", f"bench={peer_url}",
             # It keeps each key's history until told otherwise, and stops at 2 GB of it.
             "--auto-compaction-retention", "1m"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def is_ready(self):
        # It listens before it has elected itself.
        try:
            with urllib.request.urlopen(f"http://{self.host}/health", timeout=1) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False


OTHERS = (Redis, Postgres, Etcd)


@dataclass
class Tools:
    """What a stage needs besides the ensemble and its contestants."""
    relay: Path
    others: list  # of kind and driver


def find_tools(tree, note):
    """With those others whose packages are here; which are not is said."""
    others = []
    for kind in OTHERS:
        try:
            if not kind.is_here():
                raise BenchFailed("its server is not installed")
            others.append((kind, kind.make_driver(tree)))
        except BenchFailed as failure:
            note(f"without {kind.name}: {failure}")
    return Tools(tree / "bench/delay_relay", others)
