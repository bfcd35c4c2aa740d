"""Resources used up on purpose, for real, by one of the workers: memory that is kept and threads that compute.

When that worker ends, another one takes over: what is set stays in force.
"""

import hashlib
import mmap
import threading
import time

from .one_worker import OneWorker
from .settings import Settings, Snapshot

MIB = 1024 * 1024
STEP_MIB = 8
PAGE = 4096
CYCLE_S = 0.1
# hashlib lets other threads run while it computes: so one process can keep several CPUs busy and still answer.
BLOCK = bytes(256 * 1024)


class Exhaustion:
    def __init__(self, lock_path: str, settings: Settings) -> None:
        self._settings = settings
        self._turn = OneWorker(lock_path)
        self._kept: list = []
        self._burners: list = []

    def step(self) -> None:
        """Called again and again (effects.py): at most STEP_MIB in one call, so that requests are answered in between."""
        now = self._settings.now()
        if not wants_any(now):
            self._end()
            return
        if not self._turn.is_this():
            return
        self._keep(now["failure.memory_mib"])
        self._burn(now["failure.cpu_threads"])

    def _end(self) -> None:
        if self._kept or self._burners:
            self._keep(0)
            self._burn(0)
        self._turn.let_go()

    def _keep(self, wanted_mib: int) -> None:
        kept_mib = sum(len(block) for block in self._kept) // MIB
        while kept_mib > wanted_mib:
            block = self._kept.pop()
            kept_mib -= len(block) // MIB
            block.close()
        if kept_mib < wanted_mib:
            self._kept.append(touched(min(STEP_MIB, wanted_mib - kept_mib) * MIB))

    def _burn(self, threads: int) -> None:
        while len(self._burners) > threads:
            self._burners.pop().set()
        while len(self._burners) < threads:
            ended = threading.Event()
            threading.Thread(target=self._compute, args=(ended,), daemon=True).start()
            self._burners.append(ended)

    def _compute(self, ended: threading.Event) -> None:
        while not ended.is_set():
            busy_s = CYCLE_S * self._settings.now()["failure.cpu_percent"] / 100
            end = time.monotonic() + busy_s
            while time.monotonic() < end:
                hashlib.sha256(BLOCK)
            ended.wait(CYCLE_S - busy_s)


def wants_any(now: Snapshot) -> bool:
    return now["failure.memory_mib"] > 0 or now["failure.cpu_threads"] > 0


def touched(size: int) -> mmap.mmap:
    """Memory of our own that really is there, and that goes back to the kernel when it is closed."""
    block = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    for offset in range(0, size, PAGE):
        block[offset] = 1
    return block
