"""gunicorn's configuration where the settings can be changed (`gunicorn -c gunicorn.conf.py app:app`, SUT_STATE_DIR set).

gunicorn reads it at the start and at each SIGHUP, so it imports nothing of backend/: what the master has imported once, new
workers would go on to have in its old version.
"""

import json
import os
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
STATE = os.environ["SUT_STATE_DIR"]

if HERE not in sys.path:
    sys.path.insert(0, HERE)


def _worker_count() -> int:
    """What was set last: SIGHUP and a new start must not undo it."""
    try:
        with open(os.path.join(STATE, "settings.json"), encoding="utf-8") as file:
            return int(json.load(file)["values"]["workers.count"])
    except (FileNotFoundError, KeyError):
        return int(os.environ.get("WEB_CONCURRENCY", "2"))


def nworkers_changed(server, new_value, old_value) -> None:
    """Called at the start, at SIGHUP, SIGTTIN and SIGTTOU. backend/worker_count.py reads it: the master's pid, the number."""
    os.makedirs(STATE, mode=0o700, exist_ok=True)
    descriptor = os.open(os.path.join(STATE, "master"), os.O_WRONLY | os.O_CREAT, 0o600)
    os.pwrite(descriptor, struct.pack("=2d", os.getpid(), new_value), 0)
    os.close(descriptor)


chdir = HERE
worker_class = "backend.worker.Worker"
workers = _worker_count()
bind = os.environ.get("SUT_BIND", "0.0.0.0:8443")
certfile = os.environ.get("SUT_CERTIFICATE_FILE")
keyfile = os.environ.get("SUT_CERTIFICATE_KEY_FILE")
# Heartbeat files: in memory, so that a slow disk does not look like a stuck worker.
worker_tmp_dir = "/dev/shm"
graceful_timeout = int(os.environ.get("SUT_GRACEFUL_TIMEOUT_S", "5"))
keepalive = 30
accesslog = os.environ.get("SUT_ACCESS_LOG")
loglevel = "warning"
