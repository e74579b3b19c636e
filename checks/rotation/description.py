"""`cortex secrets describe`: a Secret of the stack, where its values are from, and what was done to it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TextIO

import msgspec

from checks.formats.table import table
from checks.kube.client import ApiClient
from checks.plain_text import clean
from checks.results.cluster_document import head
from checks.results.conclusion import FINDINGS, OK
from checks.results.document import Document
from checks.rotation import live_secret, log
from checks.rotation.folder import log_file
from checks.rotation.provider import Managed, Provider
from checks.rotation.pulumi_stack import SECTION
from checks.secrets.sealed import seal
from checks.secrets.wanted import shown
from checks.target import Target
from checks.times import rfc3339

SCHEMA = "cortex.dev/secrets-describe/v1"


class KeyEntry(msgspec.Struct, frozen=True, rename="camel"):
    """A key: where its value is from, and whether the Secret has it."""

    key: str
    source: str
    present: bool


class SecretDescription(Document, frozen=True, rename="camel", kw_only=True):
    """The report of `cortex secrets describe`; it has no value. The exit code is 1 if a declared key is missing."""

    namespace: str
    name: str
    provider: Provider
    type: str | None
    """Null if the Secret does not exist."""
    keys: tuple[KeyEntry, ...]
    used_by: tuple[str, ...]
    hash: str
    """The first digits of the salted checksum of its content; empty if it does not exist."""
    changed: str | None
    rotate_after_days: int
    days_left: int | None
    """Until it is due for rotation; negative if it is overdue."""
    last: log.Entry | None
    """The last entry of the log of this account."""


async def describe(target: Target, managed: Managed) -> SecretDescription:
    """Read a Secret, and describe it.

    Raises:
        UncheckedError: it cannot be read.
    """
    async with target.connection.client() as http:
        live = await live_secret.read(ApiClient(http), managed.place)
    sealed = seal(managed.place, live) if live else None
    there = sealed.keys if sealed else frozenset()
    wanted = managed.secret.keys
    keys = tuple(KeyEntry(key, _source(managed, key), key in there) for key in sorted(wanted | there))
    entries = [one for one in log.read(log_file(target.stack)) if (one.namespace, one.name) == managed.place]
    age = (datetime.now(UTC) - sealed.changed).days if sealed else None
    days = managed.secret.rotate_after_days
    return SecretDescription(
        **head(SCHEMA, target, OK if wanted <= there else FINDINGS),
        namespace=managed.place.namespace,
        name=managed.place.name,
        provider=managed.provider,
        type=sealed.type if sealed else None,
        keys=keys,
        used_by=shown(managed.secret.users),
        hash=log.content_hash(*managed.place, live.values_()) if live else "",
        changed=rfc3339(sealed.changed) if sealed else None,
        rotate_after_days=days,
        days_left=None if age is None else days - age,
        last=entries[-1] if entries else None,
    )


async def values(target: Target, managed: Managed) -> dict[str, str]:
    """Return the values of a Secret, for a terminal.

    Raises:
        UsageError: it does not exist.
        UncheckedError: it cannot be read.
    """
    async with target.connection.client() as http:
        live = await live_secret.require(ApiClient(http), managed.place)
    return live.values_()


def _source(managed: Managed, key: str) -> str:
    source = managed.sources.get(key)
    if source is None:
        undeclared = key not in managed.secret.keys
        return "undeclared" if undeclared else managed.store or managed.provider
    if source.pulumi is not None:
        return f"Pulumi secret {SECTION}:{source.pulumi}"
    return f"file {source.file}" if source.file is not None else "stack file"


def write(report: SecretDescription, out: TextIO) -> None:
    """Write the description."""
    due = report.days_left
    lines = {
        "Secret": f"{report.namespace}/{report.name}",
        "Provided by": report.provider,
        "Type": report.type or "(missing)",
        "Used by": ", ".join(report.used_by) or "-",
        "Content hash": report.hash or "-",
        "Changed": report.changed or "-",
        "Rotation": "-" if due is None else f"due in {due} days" if due >= 0 else f"overdue by {-due} days",
        "Last action": f"{report.last.action}: {report.last.outcome}, {report.last.at}" if report.last else "-",
    }
    out.write("".join(f"{name + ':':14}{clean(text)}\n" for name, text in lines.items()))
    rows = [(one.key, one.source, "yes" if one.present else "no") for one in report.keys]
    out.write("\n" + table(("KEY", "SOURCE", "PRESENT"), rows))


def write_values(found: Mapping[str, str], out: TextIO) -> None:
    """Write values with their keys."""
    for key, value in sorted(found.items()):
        lines = [clean(line) for line in value.split("\n")]
        out.write(f"\n{key}:\n" + "".join(f"  {line}\n" for line in lines))
