"""The drivers: how each is built, and how one is talked to. Their protocol is in bench/README.md."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
RELEASE = ROOT / "build/release"
PYTHON = "/usr/bin/python3"  # the distribution's, which sees its packages
JARS = ("curator-client", "curator-framework", "curator-recipes", "zookeeper", "zookeeper-jute",
        "guava", "slf4j-api", "slf4j-nop", "netty-all")
OWN = ("paddock", "raw")
NO_PEERS = (*OWN, "redis", "postgres", "etcd")  # no ZooKeeper libraries: they are for orientation


class BenchFailed(Exception):
    pass


@dataclass
class Answer:
    """How often a task was done, in what time; and further figures of some tasks."""
    count: int
    seconds: float
    more: list

    @property
    def rate(self):
        return self.count / self.seconds if self.seconds > 0 else 0.0


class Contestant:
    """A driver that runs as long as this does, and does one task at a time."""

    def __init__(self, name, command, hosts, root=None):
        self.name = name
        self.root = root or f"/bench-{name}-{os.getpid()}"
        self.process = subprocess.Popen([*command, hosts, self.root], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline().strip()
        if line != "ready":
            self.end()
            raise BenchFailed(f"{name} did not start: {line}")

    def ask(self, task, in_flight, seconds):
        """Its answer; none where it has no such task."""
        self.begin(task, in_flight, seconds)
        return self.answer(task)

    def begin(self, task, in_flight, seconds):
        self.process.stdin.write(f"{task} {in_flight} {seconds}\n")
        self.process.stdin.flush()

    def answer(self, task):
        words = self.process.stdout.readline().split()
        if not words:
            raise BenchFailed(f"{self.name} died at {task}")
        if words[0] == "unknown":
            return None
        if words[0] == "failed":
            raise BenchFailed(f"{self.name} failed at {task}: {' '.join(words[1:])}")
        return Answer(int(words[0]), float(words[1]), [float(each) for each in words[2:]])

    def end(self):
        self.process.stdin.close()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()


class Relay:
    """Stands between clients and a server, and delays what passes."""

    def __init__(self, command, host, delay_us):
        self.process = subprocess.Popen([command, host, str(delay_us)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.address = self.process.stdout.readline().strip()
        if not self.address:
            raise BenchFailed("the relay did not start")

    def end(self):
        self.process.stdin.close()
        self.process.wait(30)


def quietly(*command, **options):
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False, **options)
    except OSError as failure:
        raise BenchFailed(f"{command[0]}: {failure.strerror}") from failure
    if done.returncode != 0:
        raise BenchFailed(f"{' '.join(map(str, command))}:\n{done.stdout}")


def build_drivers():
    """The tree that they are built in."""
    quietly("cmake", "--preset", "release", cwd=ROOT)
    quietly("cmake", "--build", "--preset", "release", "--target", "drivers", cwd=ROOT)
    return RELEASE


def find_drivers(tree):
    """The commands of Paddock's driver and of the raw client's, by name."""
    return {name: [tree / f"bench/{name}_driver"] for name in OWN}


def make_peers(tree, note):
    """The commands of the peers by name. A peer whose packages are missing is left out, and said."""
    folder = peers_folder(tree)
    commands = {}
    for name, make in (("kazoo", make_kazoo), ("curator", make_curator), ("go-zookeeper", make_go)):
        try:
            commands[name] = make(folder)
        except BenchFailed as failure:
            note(f"without {name}: {failure}")
    return commands


def peers_folder(tree):
    folder = tree / "bench/peers"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def make_kazoo(_):
    quietly(PYTHON, "-c", "import kazoo")
    return [PYTHON, ROOT / "bench/peers/kazoo_driver.py"]


def make_curator(folder):
    path = ":".join(f"/usr/share/java/{jar}.jar" for jar in JARS)
    quietly("javac", "-cp", path, "-d", folder, ROOT / "bench/peers/CuratorDriver.java")
    return ["java", "-cp", f"{folder}:{path}", "CuratorDriver"]


def make_go(folder):
    return [build_go(folder, "go_zookeeper")]


def build_go(folder, name):
    """The driver of that name, with the packages that the distribution has."""
    env = os.environ | {"GO111MODULE": "off", "GOPATH": "/usr/share/gocode",
                        "GOCACHE": str(folder / "go-cache")}
    driver = folder / f"{name}_driver"
    quietly("go", "build", "-o", driver, "main.go", env=env, cwd=ROOT / f"bench/peers/{name}")
    return driver
