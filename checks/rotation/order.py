"""What is to be rotated, and how."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from checks.errors import CheckError
from checks.kube.client import ApiClient
from checks.results.conclusion import FINDINGS
from checks.rotation.journal import Storage
from checks.rotation.log import Entry
from checks.rotation.provider import Managed
from checks.rotation.readers import Readers
from checks.rotation.value_place import ValuePlace
from checks.target import Target


class RevertedError(CheckError):
    """The new value does not work, and the old one is back."""

    exit_code = FINDINGS


@dataclass(frozen=True)
class Order:
    """What is to be rotated, and how."""

    target: Target
    managed: Managed
    key: str
    """Empty for a Secret from a store, which is fetched as a whole."""
    read: Callable[[], Awaitable[bytes]]
    """Returns the new value."""
    place: Callable[[ApiClient, Readers], ValuePlace]
    journal: Callable[[ApiClient], Storage]
    record: Callable[[ApiClient, Entry], Awaitable[None]]
    """Puts an entry into the log, unless the log has it."""
    before: str
    after: str
    grace_seconds: float
    timeout_seconds: float
    say: Callable[[str], None]

    @property
    def keys(self) -> tuple[str, ...]:
        """Return the keys that change."""
        return (self.key,) if self.key else tuple(sorted(self.managed.secret.keys))
