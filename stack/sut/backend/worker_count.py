"""Makes the number of workers what the settings say, by SIGTTIN and SIGTTOU to gunicorn's master.

The master publishes how many it wants to have (gunicorn.conf.py). One signal is sent at a time and the next one when the
master has acted: it forgets signals that come faster, as the kernel does.
"""

import os
import signal
import time

from .one_worker import OneWorker
from .settings import Settings
from .shared_numbers import SharedNumbers

PATIENCE_S = 1.0


class WorkerCount:
    def __init__(self, directory: str, settings: Settings) -> None:
        self._settings = settings
        self._published = SharedNumbers(os.path.join(directory, "master"), 2)
        self._turn = OneWorker(os.path.join(directory, "worker-count.lock"))
        self._sent_for = 0
        self._sent_at = 0.0

    def step(self) -> None:
        """Called again and again (effects.py). Nothing is sent while all is as it should be."""
        master, workers = (int(number) for number in self._published.read())
        wanted = self._settings.now()["workers.count"]
        # Another master: not gunicorn with our configuration, and a signal to it might end it.
        if master != os.getppid() or workers == wanted:
            self._turn.let_go()
            self._sent_for = 0
            return
        if not self._turn.is_this():
            return
        waits = self._sent_for == workers and time.monotonic() < self._sent_at + PATIENCE_S
        if not waits:
            self._sent_for = workers
            self._sent_at = time.monotonic()
            os.kill(master, signal.SIGTTIN if workers < wanted else signal.SIGTTOU)
