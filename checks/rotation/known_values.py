"""The values that a rotation knows, hidden in what pods, MCP servers and Pulumi say: they may repeat them."""

from dataclasses import dataclass, field

from checks.errors import UncheckedError
from checks.hiding import Hiding
from checks.kube.client import ApiClient
from checks.rotation import live_secret
from checks.secrets.wanted import Place

_SHORTEST = 4
"""Characters of a value that is hidden; shorter ones are in most texts by chance."""


@dataclass(frozen=True)
class KnownValues:
    """The values that a Secret has or had during a rotation."""

    api: ApiClient
    place: Place
    _hidings: dict[bytes, Hiding] = field(default_factory=dict, repr=False)

    def add(self, value: bytes) -> None:
        """Remember a value."""
        if len(value) >= _SHORTEST:
            self._hidings.setdefault(value, Hiding(value))

    async def hidden(self, text: str) -> str:
        """Return a text without the values, those that the Secret has now among them."""
        try:
            live = await live_secret.read(self.api, self.place)
        except UncheckedError as error:
            return f"the reason is not shown, since it may have a value: {error}"
        for value in live.bytes_().values() if live else ():
            self.add(value)
        for hiding in self._hidings.values():
            text = hiding.without(text)
        return text
