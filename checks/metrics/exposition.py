"""Parse selected metrics in Prometheus' text format, and skip all others with a fast search.

kube-state-metrics has about forty samples of every pod, of which a handful are needed. Common lines are parsed here;
lines with other features of the format (escapes, unusual spaces, timestamps) are parsed by prometheus_client.
Format: https://prometheus.io/docs/instrumenting/exposition_formats/
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple, cast

LONGEST_LINE = 1 << 20
"""Bytes. A text with a longer line is not in the exposition format."""

_NUMBER = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?|Inf)|NaN")
_LABEL = re.compile(r",?([a-zA-Z_][a-zA-Z0-9_]*)=")


class Sample(NamedTuple):
    """One value of a metric."""

    name: str
    labels: dict[str, str]
    value: float


class Line(NamedTuple):
    """An unparsed line of a sample: the metric's name, and the rest."""

    name: bytes
    rest: bytes


class Scanner:
    """Finds the lines of the wanted metrics in a text that arrives in pieces."""

    def __init__(self, wanted: Iterable[str]) -> None:
        names = "|".join(re.escape(name) for name in wanted)
        self._line = re.compile(rf"\n[ \t]*({names})([{{ \t][^\n]*)".encode())
        self._rest = b"\n"

    def feed(self, piece: bytes) -> Iterator[Line]:
        """Yield the wanted lines that this piece completes.

        Raises:
            ValueError: a line is too long.
        """
        text = self._rest + piece
        end = text.rfind(b"\n")
        self._rest = text[end:]
        if len(self._rest) > LONGEST_LINE:
            raise ValueError(f"a line is longer than {LONGEST_LINE} bytes")
        return self._lines(text[:end])

    def end(self) -> Iterator[Line]:
        """Yield the last line, if it is wanted and does not end with a line break."""
        return self._lines(self._rest)

    def _lines(self, text: bytes) -> Iterator[Line]:
        return map(Line._make, self._line.findall(text))


def sample(line: Line) -> Sample:
    """Parse a line.

    Raises:
        ValueError: the line is not in the text exposition format.
    """
    rest = line.rest.decode()
    body, found, value = rest.rpartition("} ")
    if found and body.startswith("{") and "\\" not in body and _NUMBER.fullmatch(value):
        # Without escapes every quotation mark begins or ends a value.
        parts = body[1:].split('"')
        names = _names(tuple(parts[:-1:2])) if parts[-1] == "" else None
        if names is not None:
            return Sample(line.name.decode(), dict(zip(names, parts[1::2], strict=True)), float(value))
    return _any_sample(line.name.decode() + rest)


def samples(text: bytes, wanted: Iterable[str]) -> Iterator[Sample]:
    """Yield the samples of the wanted metrics.

    Raises:
        ValueError: a wanted line is not in the text exposition format.
    """
    scanner = Scanner(wanted)
    for lines in (scanner.feed(text), scanner.end()):
        yield from map(sample, lines)


@lru_cache(maxsize=1024)
def _names(between: tuple[str, ...]) -> tuple[str, ...] | None:
    """Return the label names in the texts between the values; None if these texts have anything else."""
    matches = [_LABEL.fullmatch(part) for part in between]
    commas = [part.startswith(",") for part in between]
    if None in matches or commas != [False, *[True] * (len(between) - 1)][: len(between)]:
        return None
    names = tuple(cast("re.Match[str]", match)[1] for match in matches)
    return names if len(set(names)) == len(names) else None


def _any_sample(text: str) -> Sample:
    # Imported here because it takes 0.1 s and such lines are rare.
    from prometheus_client.parser import text_string_to_metric_families

    try:
        ((found,),) = (family.samples for family in text_string_to_metric_families(text))
    except (ValueError, IndexError) as error:
        raise ValueError(f"a line is not in the text exposition format: {text[:200]!r}") from error
    return Sample(found.name, found.labels, float(found.value))
