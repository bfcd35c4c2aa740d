"""The rate limit: one token bucket for all workers. Over the limit: 429 and, in Retry-After, when to come again."""

import math
import time
from typing import Union

from starlette.responses import JSONResponse

from .paths import is_limited
from .settings import Settings
from .shared_numbers import SharedNumbers


class TokenBucket:
    """`take` is O(1) and holds its lock for some microseconds."""

    def __init__(self, path: str) -> None:
        self._numbers = SharedNumbers(path, 4)

    def take(self, rate: float, burst: int) -> float:
        """0 when there was a token, else the seconds until there is one. A limit that is new begins with a full bucket."""
        # The same clock in all processes: CLOCK_MONOTONIC.
        now = time.monotonic()
        with self._numbers.locked():
            tokens, at, *of = self._numbers.read()
            # Never filled, or filled under another limit, or in another life of the machine.
            full = at == 0 or of != [rate, burst] or at > now + 60
            tokens = burst if full else min(burst, tokens + max(0, now - at) * rate)
            at = now if full else max(at, now)
            taken = tokens >= 1
            self._numbers.write(tokens - 1 if taken else tokens, at, rate, burst)
        return 0 if taken else (1 - tokens) / rate


class RateLimit:
    def __init__(self, app, settings: Settings, bucket: Union[TokenBucket, None]) -> None:
        self._app = app
        self._settings = settings
        self._bucket = bucket

    async def __call__(self, scope, receive, send) -> None:
        wait_s = self._wait_s() if is_limited(scope) else 0
        if wait_s == 0:
            await self._app(scope, receive, send)
            return
        retry_after = str(max(1, math.ceil(wait_s)))
        body = {"error": "too many requests"}
        await JSONResponse(body, 429, {"Retry-After": retry_after})(scope, receive, send)

    def _wait_s(self) -> float:
        now = self._settings.now()
        rate = now["rate_limit.requests_per_second"]
        if rate == 0 or self._bucket is None:
            return 0
        return self._bucket.take(rate, now["rate_limit.burst"])
