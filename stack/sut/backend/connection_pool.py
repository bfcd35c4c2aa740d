"""The connections of one worker to a database that is not there: a bounded number of them, and a queue in order of arrival.

Its size may change while connections are out: it grows at once, and shrinks as they come back.
"""

import asyncio
from collections import deque
from contextlib import asynccontextmanager
from typing import AsyncIterator

MOST_WAITING = 1_000


class PoolExhausted(Exception):
    """No connection became free in time, or too many wait already."""


class ConnectionPool:
    def __init__(self, size: int) -> None:
        self._size = size
        self._in_use = 0
        self._waiting: deque = deque()

    def resize(self, size: int) -> None:
        self._size = size
        self._hand_out()

    @asynccontextmanager
    async def connection(self, wait_s: float) -> AsyncIterator[None]:
        await self._acquire(wait_s)
        try:
            yield
        finally:
            self._give_back()

    async def _acquire(self, wait_s: float) -> None:
        if len(self._waiting) >= MOST_WAITING:
            raise PoolExhausted
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        self._hand_out()
        try:
            await asyncio.wait({turn}, timeout=wait_s)
        except asyncio.CancelledError:
            self._leave(turn)
            raise
        if not turn.done():
            self._leave(turn)
            raise PoolExhausted

    def _leave(self, turn: asyncio.Future) -> None:
        """A turn that came at the same moment goes to the next in the queue."""
        if turn.done():
            self._give_back()
        else:
            self._waiting.remove(turn)

    def _give_back(self) -> None:
        self._in_use -= 1
        self._hand_out()

    def _hand_out(self) -> None:
        while self._waiting and self._in_use < self._size:
            self._in_use += 1
            self._waiting.popleft().set_result(None)
