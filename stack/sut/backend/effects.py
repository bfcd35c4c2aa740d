"""What a worker does by itself, apart from requests: it looks for new settings and puts them into force."""

import asyncio
import logging
import os
from contextlib import asynccontextmanager
from typing import AsyncIterator

from .changes import LOOK_S, Changes
from .configuration import Configuration
from .connection_pool import ConnectionPool
from .exhaustion import Exhaustion
from .worker_count import WorkerCount

logger = logging.getLogger("uvicorn.error")


class Effects:
    def __init__(self, configuration: Configuration) -> None:
        self._settings = configuration.settings
        self._state_directory = configuration.state_directory
        self.changes = Changes(self._settings)
        self.pool = ConnectionPool(self._settings.now()["pool.size"])

    @asynccontextmanager
    async def running(self, _app: object) -> AsyncIterator[None]:
        # With fixed settings there is nothing to look for.
        if self._state_directory is None:
            yield
            return
        task = asyncio.get_running_loop().create_task(self._run(self._state_directory))
        yield
        task.cancel()

    async def _run(self, directory: str) -> None:
        workers = WorkerCount(directory, self._settings)
        exhaustion = Exhaustion(os.path.join(directory, "exhaustion.lock"), self._settings)
        while True:
            try:
                if self.changes.look():
                    self.pool.resize(self._settings.now()["pool.size"])
                workers.step()
                exhaustion.step()
            except Exception:  # Such as no memory: the worker goes on to answer, and tries again.
                logger.exception("the settings could not be put into force")
            await asyncio.sleep(LOOK_S)
