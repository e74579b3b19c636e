"""Everything that can go wrong between the engine and the cluster; each message is one sentence for the user.

ProviderError
├── ConfigError        the provider's settings or the kubeconfig cannot be used
├── UnsupportedError        a type or call that this plugin does not serve
├── UnreachableError        no answer from the API server
├── NoSuchKindError         the API server answers, and truly has no such kind
├── CancelledError        the user cancelled the operation
├── UnreadyError            the object exists, but has not become ready
└── ApiError           the API server refused; carries its status, reason and causes
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from provider.properties import Object


class ProviderError(Exception):
    """Root of the tree; raised itself when a declaration cannot be served."""


class ConfigError(ProviderError):
    """The provider's settings or the kubeconfig cannot be used."""


class UnsupportedError(ProviderError):
    """A type or a call that this plugin does not serve."""


class UnreachableError(ProviderError):
    """No answer came: says nothing about what exists; with `sent`, nor about what the request did."""

    def __init__(self, message: str, *, sent: bool = False) -> None:
        super().__init__(message)
        self.sent = sent


class NoSuchKindError(ProviderError):
    """Discovery succeeded, and the API server has no such kind."""


class CancelledError(ProviderError):
    """The user cancelled the operation."""


class UnreadyError(ProviderError):
    """The object was written, but did not become ready; `live` is its last known state."""

    def __init__(self, message: str, live: Object) -> None:
        super().__init__(message)
        self.live = live


@dataclass(frozen=True)
class Cause:
    """One entry of `details.causes` in an API server's Status."""

    field: str
    message: str


class ApiError(ProviderError):
    """The API server refused a request.

    `reason` is the Status reason (`NotFound`, `AlreadyExists`, `Conflict`, …), or '' when the answer was no Status: a
    404 of a proxy is therefore never taken for a missing object.
    """

    def __init__(self, message: str, *, status: int, reason: str = "", causes: tuple[Cause, ...] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.causes = causes
