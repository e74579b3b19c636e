"""`cortex secrets history`: what was done to the Secrets of a stack from this account, without values."""

from typing import TextIO

from checks.formats.table import table
from checks.results.document import Document
from checks.rotation.folder import log_file
from checks.rotation.log import Entry, read
from stacks.model.declaration import Declaration

SCHEMA = "cortex.dev/secrets-history/v1"


class HistoryReport(Document, frozen=True, rename="camel", kw_only=True):
    """The report of `cortex secrets history`: the log, oldest first."""

    log: str
    """The file that has it."""
    entries: tuple[Entry, ...]


def history(stack: str, declaration: Declaration, name: str, namespace: str) -> HistoryReport:
    """Return the entries of a Secret, or of all.

    Raises:
        UncheckedError: the log is damaged.
    """
    keys = {key: (secret.namespace, secret.called(key)) for key, secret in declaration.secrets.items() if key == name}
    places = {(namespace, name), *keys.values()}
    found = (
        one for one in read(log_file(stack)) if not name or one.name == name or (one.namespace, one.name) in places
    )
    entries = tuple(one for one in found if namespace in ("", one.namespace))
    return HistoryReport(
        schema=SCHEMA,
        stack=stack,
        context=declaration.cluster.context,
        exit_code=0,
        log=str(log_file(stack)),
        entries=entries,
    )


def write(report: HistoryReport, out: TextIO) -> None:
    """Write the entries as a table."""
    if not report.entries:
        out.write(f"Nothing was done from this account: {report.log} has no entry.\n")
        return
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
        for one in report.entries
    ]
    out.write(table(headings, rows))
