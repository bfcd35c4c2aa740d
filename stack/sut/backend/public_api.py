"""/api: what load is put on. The answers name the instance and the worker process that gave them."""

import asyncio
import os

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from .connection_pool import ConnectionPool, PoolExhausted
from .settings import Settings

INSTANCE = os.environ.get("SUT_INSTANCE", "sut-backend-1")


def public_routes(settings: Settings, pool: ConnectionPool) -> APIRouter:
    routes = APIRouter()

    @routes.get("/api/hello")
    async def hello() -> Response:
        message = "HELLO" if settings.now()["feature.greeting_in_capitals"] else "hello"
        return JSONResponse({"message": message, "instance": INSTANCE, "pid": os.getpid()})

    @routes.get("/api/items")
    async def items() -> Response:
        now = settings.now()
        # A change must hold for the request that comes after it, before the worker has looked for changes by itself.
        pool.resize(now["pool.size"])
        try:
            async with pool.connection(now["pool.wait_ms"] / 1000):
                await asyncio.sleep(now["database.query_ms"] / 1000)
        except PoolExhausted:
            body = {"error": "no database connection is free"}
            return JSONResponse(body, 503, {"Retry-After": "1"})
        rows = [item(number, now["feature.item_prices"]) for number in range(1, now["database.items"] + 1)]
        return JSONResponse({"items": rows, "instance": INSTANCE, "pid": os.getpid()})

    @routes.get("/api/health")
    async def health() -> Response:
        if settings.now()["failure.unhealthy"]:
            return JSONResponse({"status": "failing on purpose", "instance": INSTANCE}, 503)
        return JSONResponse({"status": "ok", "instance": INSTANCE})

    return routes


def item(number: int, with_price: bool) -> dict:
    named = {"id": number, "name": f"item {number}"}
    return {**named, "price_cents": number * 100} if with_price else named
