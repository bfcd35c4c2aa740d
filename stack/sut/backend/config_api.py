"""/config: reads, watches and changes the settings. Who comes here has shown the key (key_check.py).

GET /config -> {"revision", "values"}, its revision is the ETag. GET /config?after=7&wait=25 answers when there is another
revision than 7, or 304 after 25 seconds. PATCH /config {"values": {...}} changes all of them or, with 422, none.
"""

import json
from typing import Union

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from .audit import actor_of, address_of, audit_change
from .changes import Changes
from .schema import described, problems
from .settings import Change, KeyReused, RevisionMismatch, SharedSettings, Snapshot

MOST_WAIT_S = 60
MOST_BODY_BYTES = 64 * 1024


class BadRequest(Exception):
    def __init__(self, status: int, key: str, message: str) -> None:
        super().__init__(message)
        self.answer = errors(status, [{"key": key, "message": message}])


def config_routes(settings: SharedSettings, changes: Changes) -> APIRouter:
    routes = APIRouter()

    @routes.get("/config")
    async def read(request: Request) -> Response:
        try:
            after, wait_s = waiting(request)
        except BadRequest as bad:
            return bad.answer
        if after is not None:
            await changes.beyond(after, wait_s)
        snapshot = settings.now()
        if after == snapshot.revision or etag(snapshot) in known_tags(request):
            return Response(status_code=304, headers={"ETag": etag(snapshot)})
        return whole(snapshot)

    @routes.patch("/config")
    async def change(request: Request) -> Response:
        actor = actor_of(request.headers.get("x-actor", "unknown"))
        address = address_of(request.scope)
        try:
            wanted = await change_of(request, settings)
            return whole(
                await run_in_threadpool(
                    settings.change, wanted, lambda revision, old, new: audit_change(actor, address, revision, old, new)
                )
            )
        except BadRequest as bad:
            return bad.answer
        except RevisionMismatch:
            message = f"the settings are at revision {settings.now().revision} now; read them again"
            return errors(412, [{"key": "If-Match", "message": message}])
        except KeyReused:
            message = "was used for another change; take a new key for each change"
            return errors(422, [{"key": "Idempotency-Key", "message": message}])

    @routes.get("/config/schema")
    async def schema() -> Response:
        return JSONResponse({"keys": described(settings.keys)})

    return routes


def whole(snapshot: Snapshot) -> Response:
    body = {"revision": snapshot.revision, "values": dict(snapshot.values)}
    return JSONResponse(body, headers={"ETag": etag(snapshot), "Cache-Control": "no-store"})


def errors(status: int, found: list) -> Response:
    return JSONResponse({"errors": found}, status)


def etag(snapshot: Snapshot) -> str:
    return f'"{snapshot.revision}"'


def known_tags(request: Request) -> list:
    return [tag.strip() for tag in request.headers.get("if-none-match", "").split(",")]


def waiting(request: Request) -> tuple:
    """What `after` and `wait` say: a revision or None, and seconds."""
    after = whole_number(request, "after", None)
    wait_s = whole_number(request, "wait", 0)
    return after, min(wait_s, MOST_WAIT_S)


def whole_number(request: Request, name: str, default: Union[int, None]) -> Union[int, None]:
    text = request.query_params.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise BadRequest(422, name, "is not a whole number")
    return int(text)


async def change_of(request: Request, settings: SharedSettings) -> Change:
    values = await values_of(request)
    found = problems(settings.keys, values)
    if found:
        bad = BadRequest(422, "", "")
        bad.answer = errors(422, found)
        raise bad
    return Change(
        values={name: settings.keys[name].normal(value) for name, value in values.items()},
        idempotency_key=idempotency_key(request),
        expected_revision=expected_revision(request),
    )


async def values_of(request: Request) -> dict:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BODY_BYTES:
            raise BadRequest(413, "values", f"the body is larger than {MOST_BODY_BYTES} bytes")
    try:
        values = json.loads(body)["values"]
    except (ValueError, TypeError, KeyError, RecursionError):
        values = None
    if not isinstance(values, dict) or not values:
        raise BadRequest(422, "values", 'is missing; send {"values": {"KEY": VALUE}} with at least one key')
    return values


def idempotency_key(request: Request) -> Union[str, None]:
    key = request.headers.get("idempotency-key")
    if key is not None and not 0 < len(key) <= 255:
        raise BadRequest(422, "Idempotency-Key", "has from 1 to 255 characters")
    return key


def expected_revision(request: Request) -> Union[int, None]:
    header = request.headers.get("if-match")
    if header is None or header.strip() == "*":
        return None
    text = header.strip().strip('"')
    # Something that never was a revision matches none.
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else -1
