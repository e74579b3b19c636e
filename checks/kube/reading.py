"""The result of a read: a value or a failure. Failures are data, and never count as a pass."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

import msgspec

from checks.errors import UncheckedError

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
    """A value that was read, and how many seconds that took."""

    value: T
    seconds: float


@dataclass(frozen=True)
class ReadFailure:
    """What could not be read, why, and how many seconds that took."""

    what: str
    reason: Reason
    message: str
    permission: Permission | None = None
    seconds: float = 0.0
    status: int | None = None
    """The HTTP status of the API server's answer."""

    def __str__(self) -> str:
        return f"cannot {self.what}: {self.message}"


Reading = Read[T] | ReadFailure


def required(reading: Reading[T]) -> T:
    """Return what was read.

    Raises:
        UncheckedError: it could not be read.
    """
    if isinstance(reading, ReadFailure):
        raise UncheckedError(str(reading))
    return reading.value
