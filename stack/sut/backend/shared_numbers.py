"""A few numbers in memory that all workers share, with a lock: a file that each of them maps.

Reading is a look at memory. The lock is the kernel's (fcntl(2), F_SETLK): it ends with the process that holds it, however
that ends. It does not separate the threads of one process.
"""

import fcntl
import mmap
import os
import struct
from contextlib import contextmanager
from typing import Iterator


class SharedNumbers:
    def __init__(self, path: str, count: int) -> None:
        self._layout = struct.Struct(f"={count}d")
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        # Larger at most: another worker may have made and filled it.
        if os.fstat(self._descriptor).st_size < self._layout.size:
            os.ftruncate(self._descriptor, self._layout.size)
        self._memory = mmap.mmap(self._descriptor, self._layout.size)

    def read(self) -> tuple:
        return self._layout.unpack_from(self._memory)

    def write(self, *numbers: float) -> None:
        self._layout.pack_into(self._memory, 0, *numbers)

    @contextmanager
    def locked(self) -> Iterator[None]:
        fcntl.lockf(self._descriptor, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.lockf(self._descriptor, fcntl.LOCK_UN)
