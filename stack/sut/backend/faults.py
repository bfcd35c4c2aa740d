"""Failures on purpose, request by request: latency, then errors at a rate."""

import asyncio
import random

from starlette.responses import JSONResponse

from .paths import is_limited
from .settings import Settings


class Faults:
    def __init__(self, app, settings: Settings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope, receive, send) -> None:
        if is_limited(scope):
            now = self._settings.now()
            delay_ms = now["failure.latency_ms"] + random.random() * now["failure.latency_jitter_ms"]
            if delay_ms > 0:
                await asyncio.sleep(delay_ms / 1000)
            if random.random() < now["failure.error_rate"]:
                status = now["failure.error_status"]
                await JSONResponse({"error": "a failure on purpose"}, status)(scope, receive, send)
                return
        await self._app(scope, receive, send)
