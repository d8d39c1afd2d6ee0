"""The servers that everybody is measured on."""

import os
import shutil
import signal
import subprocess

from contestants import ROOT
from others import memory_folder

# What a service would run with, not the small Java that `scripts/ensemble` starts by itself.
JAVA = "-Xmx1g"


class Ensemble:
    """`scripts/ensemble` in a folder of its own, in memory where there is room."""

    def __init__(self, servers):
        self.folder = memory_folder()
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
