"""The settings that are in force: the same for all workers, and kept over the end of each of them.

They are a JSON file with a revision, replaced as a whole by rename(2), and the revision is also a number in shared memory:
a worker sees by one look at memory, at each request, whether it must read the file again. Writers take turns by flock(2).
Nothing here answers requests.
"""

import fcntl
import hashlib
import json
import os
import time
from dataclasses import dataclass
from typing import Callable, Mapping, Protocol, Union

from .schema import Key, Value, problems
from .shared_numbers import SharedNumbers

KEPT_ANSWERS = 256


@dataclass(frozen=True)
class Snapshot:
    """One revision of all settings. It never changes."""

    revision: int
    values: Mapping[str, Value]

    def __getitem__(self, name: str) -> Value:
        return self.values[name]


class Settings(Protocol):
    def now(self) -> Snapshot:
        """The newest settings. Costs next to nothing when they are the same as before."""


class FixedSettings:
    """The defaults, for good: where there is no state directory, nothing can be set."""

    def __init__(self, keys: Mapping[str, Key]) -> None:
        self._only = Snapshot(0, defaults(keys))

    def now(self) -> Snapshot:
        return self._only


@dataclass(frozen=True)
class Change:
    """What a client wants. `values` is checked already. `idempotency_key` and `expected_revision` may be None."""

    values: Mapping[str, Value]
    idempotency_key: Union[str, None]
    expected_revision: Union[int, None]

    def digest(self) -> str:
        return hashlib.sha256(json.dumps(self.values, sort_keys=True).encode()).hexdigest()


class RevisionMismatch(Exception):
    """The settings are at another revision than the client has seen."""


class KeyReused(Exception):
    """The idempotency key was used for another change."""


class SharedSettings:
    def __init__(self, directory: str, keys: Mapping[str, Key]) -> None:
        os.makedirs(directory, mode=0o700, exist_ok=True)
        self.keys = keys
        self._file = os.path.join(directory, "settings.json")
        self._lock_file = os.path.join(directory, "settings.lock")
        self._revision = SharedNumbers(os.path.join(directory, "settings.revision"), 1)
        with self._writing():
            state = self._read() or self._first()
            self._loaded = self._snapshot(state)
            # A writer that was killed between the file and the number is put right here.
            self._revision.write(state["revision"])

    def now(self) -> Snapshot:
        if self._revision.read()[0] != self._loaded.revision:
            self._loaded = self._snapshot(self._read() or self._first())
        return self._loaded

    def change(self, change: Change, audit: Callable[[int, Mapping, Mapping], None]) -> Snapshot:
        """Makes the change durable and tells `audit(revision, old, new)`, with what differs alone, before it returns.

        A change that was made already (same idempotency key) or that changes nothing makes no revision.
        """
        with self._writing():
            state = self._read() or self._first()
            before = self._snapshot(state)
            if was_answered(state, change):
                return before
            if change.expected_revision not in (None, before.revision):
                raise RevisionMismatch
            new = {name: value for name, value in change.values.items() if before[name] != value}
            state["answered"] = remember(state, change)
            if new:
                state["revision"] += 1
                state["values"] = {**state["values"], **new}
            self._write(state)
            after = self._snapshot(state)
            if new:
                audit(after.revision, {name: before[name] for name in new}, new)
            return after

    def _writing(self) -> "FileLock":
        return FileLock(self._lock_file)

    def _read(self) -> Union[dict, None]:
        try:
            with open(self._file, encoding="utf-8") as file:
                return json.load(file)
        except FileNotFoundError:
            return None

    def _first(self) -> dict:
        # Not 0: when the directory is lost with its container, who waits for revisions must not wait for the numbers
        # that it has seen to come again. So the first revision is the time in seconds.
        state = {"revision": int(time.time()), "values": {}, "answered": []}
        self._write(state)
        return state

    def _write(self, state: dict) -> None:
        fresh = f"{self._file}.new"
        with open(fresh, "w", encoding="utf-8") as file:
            json.dump(state, file)
        os.rename(fresh, self._file)
        self._revision.write(state["revision"])

    def _snapshot(self, state: dict) -> Snapshot:
        # Values that this version does not know or does not take any more are left out.
        kept = {k: v for k, v in state["values"].items() if not problems(self.keys, {k: v})}
        return Snapshot(state["revision"], {**defaults(self.keys), **kept})


class FileLock:
    """One writer at a time: among processes and threads, because each has opened the file for itself."""

    def __init__(self, path: str) -> None:
        self._path = path

    def __enter__(self) -> None:
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)


def defaults(keys: Mapping[str, Key]) -> Mapping[str, Value]:
    return {key.name: key.default for key in keys.values()}


def was_answered(state: dict, change: Change) -> bool:
    for entry in state["answered"]:
        if change.idempotency_key is not None and entry["key"] == change.idempotency_key:
            if entry["digest"] != change.digest():
                raise KeyReused
            return True
    return False


def remember(state: dict, change: Change) -> list:
    if change.idempotency_key is None:
        return state["answered"]
    entry = {"key": change.idempotency_key, "digest": change.digest()}
    return [*state["answered"], entry][-KEPT_ANSWERS:]
