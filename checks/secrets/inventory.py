"""What `cortex secrets list` shows: each declared Secret, never its values."""

from typing import TYPE_CHECKING

import msgspec

from checks.kube.reading import Read, ReadFailure, Reading
from checks.results.cluster_document import head
from checks.results.conclusion import exit_code
from checks.results.document import Document
from checks.results.result import Finding, Severity, Suppressed, Unknown
from checks.results.suppressions import accepted
from checks.secrets.check import CHECK as SECRETS
from checks.secrets.collect import READ_SECRETS
from checks.secrets.sealed import Sealed
from checks.secrets.wanted import Place, WantedSecret, shown, wanted_secrets
from checks.snapshot.take import take
from checks.target import Target
from checks.times import rfc3339

if TYPE_CHECKING:
    from collections.abc import Mapping

SCHEMA = "cortex.dev/secrets/v1"


class SecretEntry(msgspec.Struct, frozen=True, rename="camel"):
    """A Secret that the declaration needs. `used_by` names servers and workloads; unknown values are null."""

    namespace: str
    name: str
    present: bool | None
    keys: tuple[str, ...]
    changed: str | None
    """When its data last changed, in RFC 3339, UTC."""
    used_by: tuple[str, ...]
    as_deployed: bool | None
    """Whether its data is as deployed; null also for a Secret that the stack does not create."""


class SecretsReport(Document, frozen=True, rename="camel", kw_only=True):
    """The report of `cortex secrets list`."""

    secrets: tuple[SecretEntry, ...]
    findings: tuple[Finding, ...]
    unknowns: tuple[Unknown, ...]
    suppressed: tuple[Suppressed, ...] = ()
    """Findings that the declaration accepts."""


async def secrets_report(target: Target) -> SecretsReport:
    """Read the Secrets of a stack and check them."""
    declaration = target.declaration
    snapshot = await take(declaration, target.connection, [SECRETS])
    result = accepted(declaration, SECRETS.run(declaration, snapshot))
    readings: Mapping[Place, Reading[Sealed | None]] = (
        {} if snapshot.unreachable else snapshot.get(READ_SECRETS).secrets
    )
    entries = (_secret(one, snapshot.unreachable or readings[one.place]) for one in wanted_secrets(declaration))
    return SecretsReport(
        **head(SCHEMA, target, exit_code((result,), Severity.ERROR)),
        secrets=tuple(entries),
        findings=result.findings,
        unknowns=result.unknowns,
        suppressed=result.suppressed,
    )


def _secret(secret: WantedSecret, reading: Reading[Sealed | None]) -> SecretEntry:
    there = reading.value if isinstance(reading, Read) else None
    return SecretEntry(
        namespace=secret.place.namespace,
        name=secret.place.name,
        present=None if isinstance(reading, ReadFailure) else there is not None,
        keys=tuple(sorted(there.keys)) if there else (),
        changed=rfc3339(there.changed) if there else None,
        used_by=shown(secret.users),
        as_deployed=there.intact if there else None,
    )
