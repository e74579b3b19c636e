"""Where a value is changed: Pulumi's encrypted settings, a Secret of others, or the store of an operator."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from checks.errors import UsageError
from checks.kube.client import ApiClient
from checks.rotation import live_secret
from checks.rotation.kept_value import KeptValue
from checks.rotation.pulumi_stack import SECTION, PulumiStack
from checks.rotation.readers import Readers
from checks.rotation.values import require_text
from checks.secrets.wanted import Place


class ValuePlace(Protocol):
    """A place of a value that can be changed, rolled out, and taken back."""

    async def require_ready(self) -> None:
        """Check that a rotation can begin."""

    async def keep(self, rotation: str) -> str:
        """Keep the old value, and return what the journal has of it: never the value."""

    async def is_written(self, kept: str) -> bool:
        """Return whether the place has another value than the one that was kept."""

    async def write(self, value: bytes) -> None:
        """Write a new value."""

    async def roll_out(self, mark: str) -> None:
        """Bring the value of the place to the pods."""

    async def restore(self, kept: str) -> None:
        """Write the old value."""

    async def roll_back(self, marks: Mapping[str, str]) -> None:
        """Bring the old value to the pods."""

    async def confirm(self, at: str) -> None:
        """Note when the value was rotated, after all pods run with it."""

    async def forget(self) -> None:
        """Delete what was kept."""


@dataclass(frozen=True)
class PulumiValue:
    """A Pulumi secret: it is deployed, and its pods are replaced by the checksum in their template."""

    stack: PulumiStack
    setting: str
    """The key of the Pulumi secret."""
    key: str
    """The key in the Secret, for messages."""

    async def require_ready(self) -> None:
        """Check that the secret is set, and that a deployment would change nothing else.

        Raises:
            UsageError: that is not so.
        """
        self._sealed()
        await self.stack.require_deployed()

    async def keep(self, rotation: str) -> str:  # noqa: ARG002 - the encrypted text says enough
        """Return the encrypted text."""
        return self._sealed()

    async def is_written(self, kept: str) -> bool:
        """Return whether the stack file has another encrypted text."""
        return self._sealed() != kept

    async def write(self, value: bytes) -> None:
        """Write the value into the stack file, encrypted."""
        await self.stack.set_secret(self.setting, require_text(value, self.key))

    async def roll_out(self, mark: str) -> None:  # noqa: ARG002 - the checksum replaces the pods
        """Deploy the stack."""
        await self.stack.up()

    async def restore(self, kept: str) -> None:
        """Put the old encrypted text back."""
        self.stack.restore(self.setting, kept)

    async def roll_back(self, marks: Mapping[str, str]) -> None:  # noqa: ARG002
        """Deploy the stack again. Pulumi's state may lack what an interrupted deployment changed, so it is read."""
        await self.stack.up(refresh=True)

    async def confirm(self, at: str) -> None:
        """Do nothing: the deployment was at that time."""

    async def forget(self) -> None:
        """Do nothing: the journal had it."""

    def _sealed(self) -> str:
        if (sealed := self.stack.sealed(self.setting)) is None:
            raise UsageError(
                f"{SECTION}:{self.setting} is not set as a secret in {self.stack.file.name}: "
                f"`cortex secrets set` sets it"
            )
        return sealed


@dataclass(frozen=True)
class LiveValue:
    """A key of a Secret that others made; its readers are restarted."""

    api: ApiClient
    place: Place
    key: str
    readers: Readers
    kept: KeptValue

    async def require_ready(self) -> None:
        """Check that the Secret is there and can be changed."""
        await live_secret.require(self.api, self.place)

    async def keep(self, rotation: str) -> str:
        """Keep the old value in another Secret."""
        await self.kept.keep(await live_secret.value(self.api, self.place, self.key), rotation)
        return ""

    async def is_written(self, kept: str) -> bool:  # noqa: ARG002
        """Return whether both values differ."""
        live = await live_secret.require(self.api, self.place)
        return live.bytes_().get(self.key) != await self.kept.read()

    async def write(self, value: bytes) -> None:
        """Write the value into the Secret."""
        await live_secret.write(self.api, self.place, self.key, value)

    async def roll_out(self, mark: str) -> None:
        """Restart the readers."""
        await self.readers.mark({owner.path: mark for owner in self.readers.owners})

    async def restore(self, kept: str) -> None:
        """Write the old value back, unless it is there."""
        if await self.is_written(kept):
            await self.write(await self.kept.read())

    async def roll_back(self, marks: Mapping[str, str]) -> None:
        """Bring back the pods from before."""
        await self.readers.mark(marks)

    async def confirm(self, at: str) -> None:
        """Write onto the Secret when its value was rotated."""
        await live_secret.confirm(self.api, self.place, at)

    async def forget(self) -> None:
        """Delete what was kept."""
        await self.kept.forget()
