"""The error classes of the plugin. Each message is one sentence that is shown to the user.

ProviderError
├── ConfigError        the provider's settings or the kubeconfig cannot be used
├── UnsupportedError   the type or call is not supported by this plugin
├── UnreachableError   the API server did not answer
├── NoSuchKindError    discovery succeeded, and the API server does not serve the kind
├── CancelledError     the user cancelled the operation
├── UnreadyError       the object exists, but is not ready
└── ApiError           the API server refused the request; carries status, reason and causes
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from provider.properties import Object


class ProviderError(Exception):
    """Base class; raised directly when a declaration is invalid."""


class ConfigError(ProviderError):
    """The provider's settings or the kubeconfig cannot be used."""


class UnsupportedError(ProviderError):
    """The type or the call is not supported by this plugin."""


class UnreachableError(ProviderError):
    """The API server did not answer, so nothing is known about the object.

    `sent`: the request may have reached the server and may have been carried out.
    """

    def __init__(self, message: str, *, sent: bool = False) -> None:
        super().__init__(message)
        self.sent = sent


class NoSuchKindError(ProviderError):
    """Discovery succeeded, and the API server does not serve the kind."""


class CancelledError(ProviderError):
    """The user cancelled the operation."""


class UnreadyError(ProviderError):
    """The object exists, but did not become ready, or did not go away; `live` is its last known state."""

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

    `reason` is the reason in the Status (`NotFound`, `AlreadyExists`, `Conflict`, …), or '' if the body is not a
    Status. So a 404 sent by a proxy does not count as a missing object.
    """

    def __init__(self, message: str, *, status: int, reason: str = "", causes: tuple[Cause, ...] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.causes = causes
