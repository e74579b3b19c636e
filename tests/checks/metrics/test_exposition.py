"""The quick reader of the exposition format says the same as prometheus_client's, whatever the text."""

import math
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from checks.metrics.exposition import LONGEST_LINE, Sample, Scanner, sample, samples

WANTED = ("kube_pod_info", "kube_pod", "up_total")
NAMES = [*WANTED, "kube_pod_info_more", "kube_po", "xkube_pod", "up_total_sum"]

label_names = st.sampled_from(["pod", "namespace", "le", "a_b", "_x1"])
texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=8) | st.text(
    '\\"\n{},= #', max_size=6
)
numbers = st.floats() | st.integers(-(10**6), 10**6).map(float)


@st.composite
def lines(draw: st.DrawFn) -> str:
    """Give one sample's line as the format allows it: with escapes, odd spaces, a trailing comma, a timestamp."""
    space = st.sampled_from(["", "", "", " ", "\t", "  "])
    pairs = []
    for name, value in draw(st.dictionaries(label_names, texts, max_size=3)).items():
        escaped = value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
        pairs.append(f'{name}{draw(space)}={draw(space)}"{escaped}"')
    comma = draw(st.sampled_from(["", ","])) if pairs else ""
    separator = f",{draw(space)}"
    labels = f"{{{separator.join(pairs)}{comma}}}" if pairs else draw(st.sampled_from(["", "{}"]))
    number = draw(numbers)
    value = draw(st.sampled_from([repr(number), f"{number:g}", "+Inf", "-Inf", "NaN", "0", "1e3"]))
    timestamp = draw(st.sampled_from(["", "", " 1700000000000"]))
    return f"{draw(space)}{draw(st.sampled_from(NAMES))}{labels} {value}{timestamp}{draw(space)}"


headers = st.sampled_from(NAMES).flatmap(
    lambda name: st.sampled_from(["", "#", "# a comment", f"# TYPE {name} gauge", f"# HELP {name} kube_pod 1 \\\\ \\n"])
)


def library(text: str) -> list[Sample]:
    """Give what prometheus_client reads, of the wanted metrics."""
    families = text_string_to_metric_families(text)
    found = (one for family in families for one in family.samples if one.name in WANTED)
    return [Sample(one.name, one.labels, float(one.value)) for one in found]


def comparable(found: Iterable[Sample]) -> list[tuple[str, dict[str, str], str]]:
    return [(one.name, one.labels, repr(one.value)) for one in found]


@given(st.lists(lines() | headers), st.sampled_from(["", "\n"]))
def test_any_text_is_read_as_the_library_reads_it(parts: list[str], end: str) -> None:
    text = "\n".join(parts) + end
    assert comparable(samples(text.encode(), WANTED)) == comparable(library(text))


@given(st.dictionaries(st.tuples(texts, texts), numbers, max_size=5))
def test_what_the_library_writes_is_read_as_it_was_meant(values: dict[tuple[str, str], float]) -> None:
    registry = CollectorRegistry()
    gauge = Gauge("kube_pod_info", "About \\ a\npod.", ["namespace", "pod"], registry=registry)
    Gauge("kube_pod_info_more", "Another.", registry=registry).set(1)
    for (namespace, pod), value in values.items():
        gauge.labels(namespace, pod).set(value)
    found = {(s.labels["namespace"], s.labels["pod"]): s.value for s in samples(generate_latest(registry), WANTED)}
    assert {key: repr(value) for key, value in found.items()} == {key: repr(value) for key, value in values.items()}


@given(st.lists(lines() | headers), st.lists(st.integers(1, 40), min_size=1))
def test_where_the_pieces_are_cut_makes_no_difference(parts: list[str], sizes: list[int]) -> None:
    text = "\n".join(parts).encode()
    scanner, found, start, turn = Scanner(WANTED), [], 0, 0
    while start < len(text):
        size = sizes[turn % len(sizes)]
        found += list(scanner.feed(text[start : start + size]))
        start, turn = start + size, turn + 1
    found += list(scanner.end())
    assert comparable(map(sample, found)) == comparable(samples(text, WANTED))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b'up_total{a="1,b=",b="}"} 1', Sample("up_total", {"a": "1,b=", "b": "}"}, 1)),
        (rb'up_total{a="q\"u\\o\nte"} 2', Sample("up_total", {"a": 'q"u\\o\nte'}, 2)),
        (b'up_total{a="1"} 3 1700000000000', Sample("up_total", {"a": "1"}, 3)),
        (b"up_total 4", Sample("up_total", {}, 4)),
        (b"up_total{} +Inf", Sample("up_total", {}, math.inf)),
        (b"up_total\t-2.5e-3", Sample("up_total", {}, -0.0025)),
        ('up_total{a="\u00e9\u4e16"} 1'.encode(), Sample("up_total", {"a": "\u00e9\u4e16"}, 1)),
    ],
)
def test_each_form(line: bytes, expected: Sample) -> None:
    assert list(samples(b"# TYPE up_total counter\n" + line, WANTED)) == [expected]


@pytest.mark.parametrize(
    "line",
    [
        b'up_total{a="1"b="2"} 1',
        b'up_total{a="1",a="2"} 1',
        b"up_total{a=1} 1",
        b"up_total{,,} 1",
        b'up_total{a="1"} one',
        b'up_total{a="1"} 1_0',
        b'up_total{a="1',
        b"up_total ",
        b'up_total{a="\xff"} 1',
    ],
)
def test_what_is_no_line_of_the_format_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError, match=r"a line is not in the text exposition format|utf-8"):
        list(samples(line, WANTED))


def test_endless_line_is_refused() -> None:
    scanner = Scanner(WANTED)
    assert list(scanner.feed(b"x" * (LONGEST_LINE - 1))) == []
    with pytest.raises(ValueError, match="longer than"):
        scanner.feed(b"x")
