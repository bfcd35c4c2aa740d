"""The SUT backend: the system under test, a small FastAPI application under gunicorn. `gunicorn app:app`

Here it is put together; each part of it is a module of `backend/`. In the default stack it only answers at /api. With
SUT_STATE_DIR and SUT_API_KEY_FILE in its environment it can be configured while it runs, at /config.
"""

from backend.configuration import Configuration, from_environment
from backend.config_api import config_routes
from backend.effects import Effects
from backend.faults import Faults
from backend.key_check import KeyCheck
from backend.public_api import public_routes
from backend.rate_limit import RateLimit
from backend.request_timeout import RequestTimeout
from fastapi import FastAPI


def create_app(configuration: Configuration) -> FastAPI:
    effects = Effects(configuration)
    app = FastAPI(title="SUT backend", docs_url=None, redoc_url=None, openapi_url=None)
    # Not as a parameter: FastAPI before 0.93 does not know that one, and newer ones want no other.
    app.router.lifespan_context = effects.running
    app.include_router(public_routes(configuration.settings, effects.pool))
    # What is added last is asked first: who is over the limit costs nothing more.
    app.add_middleware(Faults, settings=configuration.settings)
    app.add_middleware(RequestTimeout, settings=configuration.settings)
    app.add_middleware(RateLimit, settings=configuration.settings, bucket=configuration.bucket)
    if configuration.key is not None:
        app.include_router(config_routes(configuration.settings, effects.changes))
        app.add_middleware(KeyCheck, key=configuration.key)
    return app


app = create_app(from_environment())
