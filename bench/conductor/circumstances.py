"""On what was measured: the machine, and the packages' versions."""

import os
import platform
import subprocess
import time
from pathlib import Path

PACKAGES = ("libzookeeper-java", "libzookeeper-st-dev", "libcurator-recipes-java", "python3-kazoo",
            "golang-github-samuel-go-zookeeper-dev", "default-jre-headless", "golang-go", "g++", "etcd-server")


def circumstances():
    return {
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "processor": processor(),
        "cores": os.cpu_count(),
        "kernel": platform.release(),
        "system": platform.freedesktop_os_release()["PRETTY_NAME"],
        "load_before": os.getloadavg()[0],
        "packages": {name: version(name) for name in PACKAGES},
    }


def processor():
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.split(":")[1].strip()
    return platform.machine()


def version(package):
    """None where it is not installed, or this is not Debian's kind of system."""
    try:
        done = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                              check=False)
    except OSError:
        return None
    return done.stdout or None
