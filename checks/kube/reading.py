"""What came of a read: a value, or the failure that says why there is none. Failures are data, never a pass."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")


class Reason(StrEnum):
    """Why something could not be checked."""

    FORBIDDEN = "forbidden"
    UNAUTHORIZED = "unauthorized"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    UNDECODABLE = "undecodable"
    FAILED = "failed"
    GATED = "gated"
    BUG = "bug"


class Permission(msgspec.Struct, frozen=True, omit_defaults=True):
    """The permission that a forbidden request needs."""

    verb: str
    resource: str
    namespace: str = ""


@dataclass(frozen=True)
class Read(Generic[T]):
    """What was read, and how many seconds that took."""

    value: T
    seconds: float


@dataclass(frozen=True)
class ReadFailure:
    """What could not be read, why, and how many seconds it took to fail."""

    what: str
    reason: Reason
    message: str
    permission: Permission | None = None
    seconds: float = 0.0
    status: int | None = None
    """The HTTP status with which the API server refused."""


Reading = Read[T] | ReadFailure
