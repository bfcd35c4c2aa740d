"""The time that a request may take: then 504, and what it was doing is cancelled."""

import asyncio

from starlette.responses import JSONResponse

from .paths import is_limited
from .settings import Settings


class RequestTimeout:
    def __init__(self, app, settings: Settings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope, receive, send) -> None:
        limit_ms = self._settings.now()["timeout.request_ms"] if is_limited(scope) else 0
        if limit_ms == 0:
            await self._app(scope, receive, send)
            return
        started = False

        async def send_and_note(message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await asyncio.wait_for(self._app(scope, receive, send_and_note), limit_ms / 1000)
        except asyncio.TimeoutError:
            # An answer that has begun cannot become another one; the server closes the connection.
            if started:
                raise
            await JSONResponse({"error": f"no answer within {limit_ms} ms"}, 504)(scope, receive, send)
