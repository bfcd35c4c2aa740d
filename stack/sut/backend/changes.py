"""Tells, in one worker, that there is a new revision. Whoever waits is woken, also when the worker is about to leave."""

import asyncio

from . import worker
from .settings import Settings

LOOK_S = 0.05


class Changes:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._seen = settings.now().revision
        self._waiting: set = set()

    async def beyond(self, revision: int, wait_s: float) -> None:
        """Returns when the settings are at another revision, after the time, or when this worker must leave.

        Another one, not a later one: who has seen a later one has seen it in a life of the backend that is over.
        """
        end = asyncio.get_running_loop().time() + wait_s
        while self._settings.now().revision == revision and not worker.is_leaving():
            left_s = end - asyncio.get_running_loop().time()
            if left_s <= 0:
                return
            woken = asyncio.get_running_loop().create_future()
            self._waiting.add(woken)
            try:
                await asyncio.wait({woken}, timeout=left_s)
            finally:
                self._waiting.discard(woken)

    def look(self) -> bool:
        """True when there is a new revision since the last look. Called every LOOK_S seconds (effects.py)."""
        revision = self._settings.now().revision
        is_new = revision != self._seen
        self._seen = revision
        if is_new or worker.is_leaving():
            for woken in self._waiting:
                if not woken.done():
                    woken.set_result(None)
        return is_new
