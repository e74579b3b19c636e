"""`cortex secrets history`: what was done to the Secrets of a stack, from this account and by the rotator; no value."""

from typing import TextIO

from checks.formats.table import table
from checks.formats.text import details, write_parts
from checks.kube.client import ApiClient
from checks.kube.connection import Connection
from checks.kube.reading import ReadFailure
from checks.results.conclusion import OK, UNKNOWN
from checks.results.document import Document
from checks.results.result import Unknown
from checks.rotation import cluster_history
from checks.rotation.folder import log_file
from checks.rotation.log import Entry, read
from stacks.model.declaration import Declaration

SCHEMA = "cortex.dev/secrets-history/v1"


class HistoryReport(Document, frozen=True, rename="camel", kw_only=True):
    """The report of `cortex secrets history`: what was done from this account and by the rotator, oldest first."""

    log: str
    """The file that has what was done from this account."""
    entries: tuple[Entry, ...]
    unknowns: tuple[Unknown, ...] = ()
    """Why the entries of the rotator are missing."""


async def history(
    stack: str, declaration: Declaration, connection: Connection | None, name: str, namespace: str
) -> HistoryReport:
    """Return the entries of a Secret, or of all; with a connection also those of the rotator.

    Raises:
        UncheckedError: the log, or the history in the cluster, is damaged.
    """
    entries, failures = read(log_file(stack)), list[ReadFailure]()
    if connection is not None:
        async with connection.client() as http:
            rotated = await cluster_history.read(ApiClient(http))
        if isinstance(rotated, ReadFailure):
            failures.append(rotated)
        else:
            entries += rotated.value
    keys = {key: (secret.namespace, secret.called(key)) for key, secret in declaration.secrets.items() if key == name}
    places = {(namespace, name), *keys.values()}
    found = (one for one in entries if not name or one.name == name or (one.namespace, one.name) in places)
    return HistoryReport(
        schema=SCHEMA,
        stack=stack,
        context=declaration.cluster.context,
        exit_code=UNKNOWN if failures else OK,
        log=str(log_file(stack)),
        entries=tuple(sorted((one for one in found if namespace in ("", one.namespace)), key=lambda one: one.at)),
        unknowns=tuple(map(Unknown.of, failures)),
    )


def write(report: HistoryReport, out: TextIO) -> None:
    """Write the entries as a table."""
    if report.entries:
        out.write(_table(report.entries))
    else:
        out.write(f"Nothing was done from this account: {report.log} has no entry.\n")
    if report.unknowns:
        write_parts(details((), (), report.unknowns), out)


def _table(entries: tuple[Entry, ...]) -> str:
    headings = ("TIME", "SECRET", "KEYS", "ACTION", "OUTCOME", "BY", "HASH", "PODS", "REASON")
    rows = [
        (
            one.at,
            f"{one.namespace}/{one.name}",
            ", ".join(one.keys),
            one.action,
            one.outcome,
            one.by,
            one.hash,
            len(one.pods) or None,
            one.reason,
        )
        for one in entries
    ]
    return table(headings, rows)
