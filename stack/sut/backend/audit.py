"""The audit trail: one line of JSON on stdout for each key that was changed and for each refusal. Never a key's text."""

import json
import os
from datetime import datetime, timezone
from typing import Mapping

from .schema import Value

ACTOR_LENGTH = 128


def audit_change(actor: str, address: str, revision: int, old: Mapping[str, Value], new: Mapping[str, Value]) -> None:
    for name, value in new.items():
        write(audit="changed", actor=actor, address=address, revision=revision, key=name, old=old[name], new=value)


def audit_refusal(scope, reason: str) -> None:
    write(audit="refused", address=address_of(scope), method=scope.get("method"), path=scope["path"][:256], reason=reason)


def address_of(scope) -> str:
    client = scope.get("client")
    return client[0] if client else ""


def actor_of(header: str) -> str:
    """Who asked, as the client says it: cut, and without what could break a line or a terminal."""
    return "".join(c if c.isprintable() else "?" for c in header[:ACTOR_LENGTH])


def write(**fields) -> None:
    line = json.dumps({"time": datetime.now(timezone.utc).isoformat(timespec="milliseconds"), **fields})
    # One write(2) of less than PIPE_BUF: lines of several workers do not mix.
    os.write(1, line.encode() + b"\n")
