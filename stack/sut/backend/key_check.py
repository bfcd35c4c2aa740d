"""Lets nobody to /config and below who has not sent the key. Without it every path there answers the same, existing or not."""

from starlette.responses import JSONResponse

from .api_key import ApiKey
from .audit import audit_refusal

HEADER = b"x-api-key"


class KeyCheck:
    def __init__(self, app, key: ApiKey) -> None:
        self._app = app
        self._key = key

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] in ("http", "websocket") and is_protected(scope["path"]):
            offered = [value for name, value in scope["headers"] if name == HEADER]
            if len(offered) != 1 or not self._key.matches(offered[0]):
                await self._refuse(scope, receive, send, "no key" if not offered else "wrong key")
                return
        await self._app(scope, receive, send)

    async def _refuse(self, scope, receive, send, reason: str) -> None:
        audit_refusal(scope, reason)
        message = "is missing or wrong; send the key that the setup has made"
        body = {"errors": [{"key": "X-API-Key", "message": message}]}
        await JSONResponse(body, 401, {"WWW-Authenticate": "ApiKey"})(scope, receive, send)


def is_protected(path: str) -> bool:
    return path == "/config" or path.startswith("/config/")
