"""What can be configured: every key with its type, range, default and meaning, and the check of a change.

Nothing here reads or writes anything.
"""

import math
from dataclasses import asdict, dataclass
from typing import Any, Mapping, Union

Value = Union[bool, int, float]


@dataclass(frozen=True)
class Key:
    name: str
    type: str  # boolean, integer or number
    default: Value
    description: str
    minimum: Union[int, float, None] = None
    maximum: Union[int, float, None] = None

    def problem(self, value: object) -> Union[str, None]:
        """Why `value` cannot be set and what can, or None."""
        if self.type == "boolean":
            return None if isinstance(value, bool) else f"{shown(value)} is not true or false"
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
        fits = is_number and (self.type == "number" or float(value).is_integer())
        if fits and self.minimum <= value <= self.maximum:
            return None
        what = "a whole number" if self.type == "integer" else "a number"
        return f"{shown(value)} is not {what} from {self.minimum} to {self.maximum}"

    def normal(self, value: Value) -> Value:
        return int(value) if self.type == "integer" else value


def shown(value: object) -> str:
    text = repr(value) if not isinstance(value, bool) else str(value).lower()
    return text if len(text) <= 40 else f"{text[:40]}..."


def flag(name: str, description: str) -> Key:
    return Key(name, "boolean", False, description)


def integer(name: str, default: int, minimum: int, maximum: int, description: str) -> Key:
    return Key(name, "integer", default, description, minimum, maximum)


def number(name: str, default: float, minimum: float, maximum: float, description: str) -> Key:
    return Key(name, "number", default, description, minimum, maximum)


def schema(workers: int) -> Mapping[str, Key]:
    """All keys by name. `workers`: how many workers there are as long as nobody sets it."""
    keys = [
        number("rate_limit.requests_per_second", 0, 0, 1_000_000, "Over all workers; above it 429. 0: no limit"),
        integer("rate_limit.burst", 10, 1, 1_000_000, "Requests that may come at once before the limit holds"),
        integer("timeout.request_ms", 30_000, 0, 600_000, "A request that takes longer gets 504. 0: no limit"),
        integer("pool.size", 10, 1, 1_000, "Database connections of each worker"),
        integer("pool.wait_ms", 1_000, 0, 60_000, "How long a request waits for a connection before it gets 503"),
        integer("database.query_ms", 2, 0, 60_000, "How long a query of /api/items holds its connection"),
        integer("database.items", 10, 0, 1_000, "Rows that /api/items answers with"),
        integer("workers.count", workers, 1, 16, "Worker processes of gunicorn"),
        flag("feature.greeting_in_capitals", "/api/hello says HELLO"),
        flag("feature.item_prices", "/api/items shows prices"),
        integer("failure.latency_ms", 0, 0, 60_000, "Added to each request"),
        integer("failure.latency_jitter_ms", 0, 0, 60_000, "Up to so much more, by chance"),
        number("failure.error_rate", 0, 0, 1, "The part of the requests that fails"),
        integer("failure.error_status", 500, 400, 599, "With this status"),
        integer("failure.memory_mib", 0, 0, 1_048_576, "Memory that is taken and kept, by one worker"),
        integer("failure.cpu_threads", 0, 0, 64, "Threads that compute for nothing, in one worker"),
        integer("failure.cpu_percent", 100, 1, 100, "How busy each of these threads is"),
        flag("failure.unhealthy", "/api/health answers 503"),
    ]
    return {key.name: key for key in keys}


def problems(keys: Mapping[str, Key], change: Mapping[str, object]) -> list:
    """What is wrong with a change, one entry for each key: `{"key", "message"}`. Empty: nothing."""
    found = []
    for name, value in change.items():
        key = keys.get(name)
        message = unknown_key(keys, name) if key is None else key.problem(value)
        if message is not None:
            found.append({"key": name, "message": message})
    return found


def unknown_key(keys: Mapping[str, Key], name: str) -> str:
    group = name.split(".")[0]
    similar = [known for known in keys if known.split(".")[0] == group]
    return f"there is no such key; known are {', '.join(similar or keys)}"


def described(keys: Mapping[str, Key]) -> list:
    """For GET /config/schema: keys without a range have no minimum and maximum."""
    rows: list[dict[str, Any]] = [asdict(key) for key in keys.values()]
    return [{name: value for name, value in row.items() if value is not None} for row in rows]
