"""gunicorn's worker class: uvicorn's, with what it lacks. The master imports this file; it must import no other of ours.

- SIGUSR1 reopens the log files. uvicorn before 0.18 leaves that signal at its default action, so that it ends the worker.
- A worker that has been told to end says so at once: who waits in it for something is sent away, instead of holding up
  its end until the graceful time-out.
"""

import signal

from uvicorn.server import Server
from uvicorn.workers import UvicornWorker

_state = {"leaving": False}


def is_leaving() -> bool:
    return _state["leaving"]


class Worker(UvicornWorker):
    def init_signals(self) -> None:
        super().init_signals()
        signal.signal(signal.SIGUSR1, self.handle_usr1)
        # System calls that it interrupts go on.
        signal.siginterrupt(signal.SIGUSR1, False)


_handle_exit = Server.handle_exit


def _handle_exit_and_tell(self, sig, frame) -> None:
    _state["leaving"] = True
    _handle_exit(self, sig, frame)


Server.handle_exit = _handle_exit_and_tell
