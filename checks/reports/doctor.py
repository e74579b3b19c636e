"""The diagnosis of a connection for people: what one wants to read at three in the morning."""

from collections.abc import Iterator
from typing import TextIO

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from checks.doctor import Diagnosis
from checks.findings import Status
from checks.reports.text import clean, details, head

_SENTENCES = {
    Status.OK: "The connection is well: {passed} assertions hold.",
    Status.FINDINGS: "The connection works, but not as it should (`cortex explain CODE` tells more).",
    Status.UNKNOWN: "The connection could not be checked as a whole.",
}


def write(diagnosis: Diagnosis, out: TextIO) -> None:
    """Write the diagnosis; coloured if `out` is a terminal."""
    console = Console(file=out, highlight=False, soft_wrap=True)
    for part in _parts(diagnosis):
        console.print(part, soft_wrap=not isinstance(part, Table))


def _parts(diagnosis: Diagnosis) -> Iterator[RenderableType]:
    yield head("doctor", diagnosis.stack, diagnosis.context, diagnosis.server)
    yield Text()
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in _lines(diagnosis):
        table.add_row(name, clean(value))
    yield table
    row = diagnosis.row
    yield from details((row,))
    yield Text(
        "\n" + _SENTENCES[row.status].format(passed=row.passed),
        style="green" if row.status is Status.OK else "bold yellow",
    )


def _lines(diagnosis: Diagnosis) -> Iterator[tuple[str, str]]:
    yield "kubeconfig", diagnosis.kubeconfig
    yield "context", diagnosis.context
    yield "server", diagnosis.server + (" (through a proxy)" if diagnosis.proxy else "")
    yield "authority", diagnosis.authority or "the certificates of this machine"
    groups = f" ({', '.join(diagnosis.groups)})" if diagnosis.groups else ""
    yield "account", (diagnosis.account or "not told by the API server") + groups
    yield "cortex", f"{diagnosis.client_version}, Python {diagnosis.python_version}"
    for fact in diagnosis.row.facts:
        yield f"{fact.subject} {fact.name}", str(fact.value)
