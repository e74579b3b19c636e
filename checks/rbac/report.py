"""What `cortex access list` shows, as text: one line for each request, then the ways to more permissions."""

from collections.abc import Iterator
from typing import TextIO

from rich.console import RenderableType
from rich.text import Text

from checks.formats import text
from checks.plain_text import clean
from checks.rbac.escalation import ESCALATIONS, sentence
from checks.rbac.matrix import AccountRights, Cell, Matrix

_WORDS = {True: "yes", False: "no", None: "?"}


def write(matrix: Matrix, out: TextIO) -> None:
    """Write the matrix; coloured if `out` is a terminal."""
    text.write_parts(_parts(matrix), out)


def _parts(matrix: Matrix) -> Iterator[RenderableType]:
    yield text.head("access list", matrix.stack, matrix.context, matrix.server)
    for account in matrix.accounts:
        yield Text(f"\nServiceAccount {account.namespace}/{account.name}", style="bold")
        yield from _table(account)
        yield from _ways(account)
    yield from text.details_of(matrix.result)
    yield text.conclusion(matrix.result)


def _table(account: AccountRights) -> Iterator[Text]:
    """Yield one line for each request. A Table of rich would cut off columns where the output has no width."""
    lines = [("VERB", "RESOURCE", "WHERE", "DECLARED"), *(_line(cell) for cell in account.cells)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    lives = [Text("LIVE"), *(_live(cell) for cell in account.cells)]
    for number, (line, live) in enumerate(zip(lines, lives, strict=True)):
        padded = "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        yield Text(f"  {padded}  ", style="" if number else "dim").append(live)


def _line(cell: Cell) -> tuple[str, str, str, str]:
    resource = f"{cell.resource} {cell.name}" if cell.name else cell.resource
    return cell.verb, clean(resource), cell.namespace or "(cluster-wide)", _WORDS[cell.expected]


def _live(cell: Cell) -> Text:
    return Text(_WORDS[cell.live], style="" if cell.live is cell.expected else "bold red")


def _ways(account: AccountRights) -> Iterator[Text]:
    for escalation in ESCALATIONS:
        for declared in (True, False):
            found = [each for each in account.ways if each.way == escalation.name and each.declared is declared]
            if found:
                mark = Text("  by design  ", style="dim") if declared else Text("  undeclared ", style="bold red")
                only = {name for each in found for name in each.only}
                yield mark.append(clean(sentence(escalation, (each.namespace for each in found), only)))
