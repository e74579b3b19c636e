"""The rights of a stack's accounts for people: one line a request, then what they open."""

from collections.abc import Iterator
from typing import TextIO

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from checks.findings import Status
from checks.matrix import AccountRights, Cell, Matrix
from checks.reports.text import clean, details, head

_SENTENCES = {
    Status.OK: "As declared: {passed} assertions hold.",
    Status.FINDINGS: "Not as declared (`cortex explain CODE` tells more).",
    Status.UNKNOWN: "Not known to be as declared.",
}
_WORDS = {True: "yes", False: "no", None: "?"}


def write(matrix: Matrix, out: TextIO) -> None:
    """Write the matrix; coloured if `out` is a terminal."""
    console = Console(file=out, highlight=False, soft_wrap=True)
    for part in _parts(matrix):
        console.print(part, soft_wrap=not isinstance(part, Table))


def _parts(matrix: Matrix) -> Iterator[RenderableType]:
    yield head("access", matrix.stack, matrix.context, matrix.server)
    for account in matrix.accounts:
        yield Text(f"\nServiceAccount {account.namespace}/{account.name}", style="bold")
        yield _table(account)
        for way in account.ways:
            mark = Text("  by design  ", style="dim") if way.declared else Text("  undeclared ", style="bold red")
            yield mark.append(clean(f"{way.sentence} ({way.binding})"))
    yield from details((matrix.row,))
    row = matrix.row
    style = "green" if row.status is Status.OK else "bold yellow"
    yield Text("\n" + _SENTENCES[row.status].format(passed=row.passed), style=style)


def _table(account: AccountRights) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for heading in ("VERB", "RESOURCE", "WHERE", "DECLARED", "LIVE"):
        table.add_column(heading, no_wrap=True)
    for cell in account.cells:
        style = "" if cell.live is cell.expected else "bold red"
        resource = f"{cell.resource} {cell.name}" if cell.name else cell.resource
        words = (_WORDS[cell.expected], Text(_WORDS[cell.live], style=style))
        table.add_row(cell.verb, clean(resource), _where(cell), *words)
    return table


def _where(cell: Cell) -> str:
    return cell.namespace or "(cluster-wide)"
