"""Put a rotation together: the place of the value, the lock of this account, and the order."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from checks.rotation import log, provider
from checks.rotation.external_value import ExternalValue
from checks.rotation.folder import exclusive, journal_file, log_file, pulumi_log
from checks.rotation.kept_value import SecondSecret
from checks.rotation.order import Order
from checks.rotation.provider import Managed, Provider
from checks.rotation.pulumi_stack import PulumiStack
from checks.rotation.rotate import rotate
from checks.rotation.value_place import LiveValue, PulumiValue, ValuePlace
from checks.rotation.values import ValueSource, split
from checks.target import Target

if TYPE_CHECKING:
    from collections.abc import Callable

    from checks.kube.client import ApiClient
    from checks.rotation.readers import Readers


@dataclass(frozen=True)
class Hooks:
    """The commands of a two-key rotation; empty ones are left out."""

    before: str = ""
    after: str = ""
    grace_seconds: float = 0.0

    def require_usable(self) -> None:
        """Check that they are commands, before anything is done.

        Raises:
            UsageError: one is not.
        """
        for option, command in (("--before", self.before), ("--after", self.after)):
            if command:
                split(command, option)


async def _nothing() -> bytes:
    return b""


async def rotated(
    target: Target,
    project: Path,
    managed: Managed,
    key: str,
    source: ValueSource,
    hooks: Hooks,
    timeout_seconds: float,
    kubeconfig: Path | None,
    say: "Callable[[str], None]",
) -> log.Entry:
    """Rotate a value of a Secret; return what the log has of it.

    Raises:
        RevertedError: the new value does not work; the old one is back.
        UsageError: it cannot begin: nothing was changed.
        UncheckedError: it could not go on; the same command finishes it.
    """
    hooks.require_usable()
    chosen = ""
    if managed.provider is not Provider.EXTERNAL:
        source.require_usable()
        provider.require_changeable(managed)
        chosen = provider.chosen_key(managed, key)
    with exclusive(target.stack, say) as lock:
        stack = PulumiStack(target.stack, project, pulumi_log(target.stack), lock, kubeconfig)

        def place(api: "ApiClient", readers: "Readers") -> ValuePlace:
            if managed.provider is Provider.PULUMI:
                return PulumiValue(stack, provider.pulumi_key(managed, chosen), chosen)
            if managed.provider is Provider.EXTERNAL:
                return ExternalValue(api, managed.place, readers)
            return LiveValue(api, managed.place, chosen, readers, SecondSecret(api, managed.place, chosen))

        async def record(_: "ApiClient", entry: log.Entry) -> None:
            log.append(log_file(target.stack), entry)

        return await rotate(
            Order(
                target,
                managed,
                chosen,
                _nothing if managed.provider is Provider.EXTERNAL else source.read,
                place,
                lambda _: journal_file(target.stack),
                record,
                hooks.before,
                hooks.after,
                hooks.grace_seconds,
                timeout_seconds,
                say,
            )
        )
