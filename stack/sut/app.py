"""The SUT backend: the system under test of the default stack, a small FastAPI application.

It owns what the stack must show and nothing else: an answer that names the instance and the worker process that gave it,
and a health endpoint for the probes of Bosun and of consul.
"""

import os

from fastapi import FastAPI

INSTANCE = os.environ.get("SUT_INSTANCE", "sut-backend-1")

app = FastAPI(title="SUT backend", docs_url=None, redoc_url=None)


@app.get("/api/hello")
async def hello() -> dict:
    return {"message": "hello", "instance": INSTANCE, "pid": os.getpid()}


@app.get("/api/health")
async def health() -> dict:
    return {"status": "ok", "instance": INSTANCE}
