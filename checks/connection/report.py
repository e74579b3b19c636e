"""What `cortex doctor` shows, as text."""

from collections.abc import Iterator
from typing import TextIO

from rich.console import RenderableType
from rich.text import Text

from checks.connection.diagnosis import Diagnosis
from checks.formats import text
from checks.plain_text import clean


def write(diagnosis: Diagnosis, out: TextIO) -> None:
    """Write the diagnosis; coloured if `out` is a terminal."""
    text.write_parts(_parts(diagnosis), out)


def _parts(diagnosis: Diagnosis) -> Iterator[RenderableType]:
    yield text.head("doctor", diagnosis.stack, diagnosis.context, diagnosis.server)
    yield Text()
    lines = list(_lines(diagnosis))
    width = max(len(name) for name, _ in lines)
    for name, value in lines:
        yield Text(f"{clean(name):<{width}}  ", style="dim").append(clean(value), style="not dim")
    yield from text.details_of(diagnosis.result)
    yield text.conclusion(diagnosis.result)


def _lines(diagnosis: Diagnosis) -> Iterator[tuple[str, str]]:
    yield "kubeconfig", diagnosis.kubeconfig
    yield "used because", diagnosis.reason
    yield "context", diagnosis.context
    yield "server", diagnosis.server + (" (through a proxy)" if diagnosis.proxy else "")
    groups = f" ({', '.join(diagnosis.groups)})" if diagnosis.groups else ""
    yield "account", (diagnosis.account or "unknown: the API server did not say") + groups
    yield "cortex", f"{diagnosis.client_version}, Python {diagnosis.python_version}"
    for fact in diagnosis.result.facts:
        yield f"{fact.subject} {fact.name}", str(fact.value)
