"""The key that opens /config: what is in a file, read at the start and again when the file has changed."""

import hmac
import os


class ApiKey:
    def __init__(self, path: str) -> None:
        self._path = path
        self._seen = self._identity()
        self._key = self._read()

    def matches(self, offered: bytes) -> bool:
        """Takes the same time for each wrong key. (A header's bytes, as they came.)"""
        self._refresh()
        return hmac.compare_digest(offered, self._key)

    def _refresh(self) -> None:
        try:
            seen = self._identity()
            if seen == self._seen:
                return
            self._key = self._read()
            self._seen = seen
        except (OSError, ValueError):
            # Taken away or being replaced: the key that was read last holds on.
            return

    def _identity(self) -> tuple:
        status = os.stat(self._path)
        return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)

    def _read(self) -> bytes:
        with open(self._path, "rb") as file:
            key = file.read(4096).strip()
        if len(key) < 16:
            raise ValueError(f"{self._path} holds no key of at least 16 characters; make one: openssl rand -base64 32")
        return key
