"""Which requests limits and failures apply to: the public ones. Not the health check, so that an experiment does not make
whoever watches the backend restart it; failure.unhealthy is for that.
"""


def is_limited(scope) -> bool:
    return scope["type"] == "http" and scope["path"].startswith("/api/") and scope["path"] != "/api/health"
