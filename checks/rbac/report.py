"""The rights of a stack's accounts for people: one line a request, then what they open."""

from collections.abc import Iterator
from typing import TextIO

from rich.console import Console, RenderableType
from rich.text import Text

from checks.formats.cells import clean
from checks.formats.text import details, head
from checks.rbac.escalation import WAYS, sentence
from checks.rbac.matrix import AccountRights, Cell, Matrix
from checks.results.result import Status

_SENTENCES = {
    Status.PASS: "As declared: {passed} assertions hold.",
    Status.FAIL: "Not as declared (`cortex explain CODE` tells more).",
    Status.UNKNOWN: "Not known to be as declared.",
}
_WORDS = {True: "yes", False: "no", None: "?"}


def write(matrix: Matrix, out: TextIO) -> None:
    """Write the matrix; coloured if `out` is a terminal."""
    console = Console(file=out, highlight=False, soft_wrap=True)
    for part in _parts(matrix):
        console.print(part)


def _parts(matrix: Matrix) -> Iterator[RenderableType]:
    yield head("access", matrix.stack, matrix.context, matrix.server)
    for account in matrix.accounts:
        yield Text(f"\nServiceAccount {account.namespace}/{account.name}", style="bold")
        yield from _table(account)
        yield from _ways(account)
    yield from details((matrix.result,))
    result = matrix.result
    style = "green" if result.status is Status.PASS else "bold yellow"
    yield Text("\n" + _SENTENCES[result.status].format(passed=result.passed), style=style)


def _table(account: AccountRights) -> Iterator[Text]:
    """Give one line a request. It is no Table of rich: that cuts columns off where the output has no width."""
    lines = [("VERB", "RESOURCE", "WHERE", "DECLARED"), *(_line(cell) for cell in account.cells)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    lives = [Text("LIVE"), *(_live(cell) for cell in account.cells)]
    for number, (line, live) in enumerate(zip(lines, lives, strict=True)):
        padded = "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True))
        yield Text(f"  {padded}  ", style="" if number else "dim").append(live)


def _line(cell: Cell) -> tuple[str, str, str, str]:
    resource = f"{cell.resource} {cell.name}" if cell.name else cell.resource
    return cell.verb, clean(resource), cell.namespace or "(cluster-wide)", _WORDS[cell.expected]


def _live(cell: Cell) -> Text:
    return Text(_WORDS[cell.live], style="" if cell.live is cell.expected else "bold red")


def _ways(account: AccountRights) -> Iterator[Text]:
    for way in WAYS:
        for declared in (True, False):
            found = [each for each in account.ways if each.way == way.name and each.declared is declared]
            if found:
                mark = Text("  by design  ", style="dim") if declared else Text("  undeclared ", style="bold red")
                only = {name for each in found for name in each.only}
                yield mark.append(clean(sentence(way, (each.namespace for each in found), only)))
