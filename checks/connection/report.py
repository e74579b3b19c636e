"""The diagnosis of a connection for people: what one wants to read at three in the morning."""

from collections.abc import Iterator
from typing import TextIO

from rich.console import Console, RenderableType
from rich.text import Text

from checks.connection.diagnosis import Diagnosis
from checks.formats.cells import clean
from checks.formats.text import details, head
from checks.results.result import Status

_SENTENCES = {
    Status.PASS: "The connection is well: {passed} assertions hold.",
    Status.FAIL: "The connection works, but not as it should (`cortex explain CODE` tells more).",
    Status.UNKNOWN: "The connection could not be checked as a whole.",
}


def write(diagnosis: Diagnosis, out: TextIO) -> None:
    """Write the diagnosis; coloured if `out` is a terminal."""
    console = Console(file=out, highlight=False, soft_wrap=True)
    for part in _parts(diagnosis):
        console.print(part)


def _parts(diagnosis: Diagnosis) -> Iterator[RenderableType]:
    yield head("doctor", diagnosis.stack, diagnosis.context, diagnosis.server)
    yield Text()
    lines = list(_lines(diagnosis))
    width = max(len(name) for name, _ in lines)
    for name, value in lines:
        yield Text(f"{clean(name):<{width}}  ", style="dim").append(clean(value), style="not dim")
    result = diagnosis.result
    yield from details((result,))
    yield Text(
        "\n" + _SENTENCES[result.status].format(passed=result.passed),
        style="green" if result.status is Status.PASS else "bold yellow",
    )


def _lines(diagnosis: Diagnosis) -> Iterator[tuple[str, str]]:
    yield "kubeconfig", diagnosis.kubeconfig
    yield "context", diagnosis.context
    yield "server", diagnosis.server + (" (through a proxy)" if diagnosis.proxy else "")
    groups = f" ({', '.join(diagnosis.groups)})" if diagnosis.groups else ""
    yield "account", (diagnosis.account or "not told by the API server") + groups
    yield "cortex", f"{diagnosis.client_version}, Python {diagnosis.python_version}"
    for fact in diagnosis.result.facts:
        yield f"{fact.subject} {fact.name}", str(fact.value)
