"""What only one of the workers shall do, whichever: the one that holds a lock. The kernel frees it when that worker ends."""

import fcntl
import os


class OneWorker:
    def __init__(self, path: str) -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._held = False

    def is_this(self) -> bool:
        """True for the one worker that has asked first; it stays the one until it ends or lets go."""
        if not self._held:
            try:
                fcntl.lockf(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self._held = True
            except OSError:
                pass
        return self._held

    def let_go(self) -> None:
        if self._held:
            fcntl.lockf(self._descriptor, fcntl.LOCK_UN)
            self._held = False
