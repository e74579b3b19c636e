"""Events are put together by object and reason, whichever fields their writer filled, and shown by time."""

from collections.abc import Mapping
from datetime import timedelta

import anyio
import msgspec
import pytest

from checks.errors import UncheckedError
from checks.events.events import Group, grouped, read
from checks.events.report import Choice, of_api, write
from checks.kube.connection import Connection
from checks.kube.models import Event
from checks.kube.reading import Read, ReadFailure, Reason
from checks.results.result import Ref
from checks.target import Target
from tests.checks.fake_api import serve, status
from tests.checks.world import NOW, Json, World, declared
from tests.checks.written import written

HOUR = timedelta(hours=1)
POD = Ref("Pod", "time-1", "cortex-mcp")


def minutes_ago(minutes: float) -> str:
    return (NOW - timedelta(minutes=minutes)).isoformat()


def event(minutes: float, **fields: object) -> Json:
    """Give an event as the kubelet writes it: last seen so many minutes ago."""
    return {
        "metadata": {"name": f"e{minutes}", "creationTimestamp": minutes_ago(120)},
        "involvedObject": {"kind": "Pod", "name": "time-1"},
        "type": "Warning",
        "reason": "Unhealthy",
        "message": "probe failed",
        "count": 1,
        "firstTimestamp": minutes_ago(minutes + 1),
        "lastTimestamp": minutes_ago(minutes),
        **fields,
    }


EVERYTHING = Choice()


def groups(*events: Json, choice: Choice = EVERYTHING) -> list[Group]:
    decoded = [msgspec.convert(one, Event, strict=False) for one in events]
    return [group for group in grouped({"cortex-mcp": decoded}, NOW - HOUR) if choice.has(group)]


def test_same_object_and_reason_are_one_group_with_the_latest_message() -> None:
    (group,) = groups(event(30, count=4), event(10, message="now refused", count=2))
    assert group == Group(
        object=POD,
        type="Warning",
        reason="Unhealthy",
        message="now refused",
        count=6,
        first=NOW - timedelta(minutes=31),
        last=NOW - timedelta(minutes=10),
    )


def test_newest_group_is_last() -> None:
    found = groups(event(1, reason="BackOff"), event(40, reason="Killing"), event(20, reason="Pulled"))
    assert [group.reason for group in found] == ["Killing", "Pulled", "BackOff"]


@pytest.mark.parametrize(("minutes", "found"), [(60, 1), (61, 0)])
def test_older_events_are_left_out(minutes: int, found: int) -> None:
    assert len(groups(event(minutes))) == found


@pytest.mark.parametrize(
    ("choice", "reasons"),
    [
        (Choice(), ["A", "B"]),
        (Choice(type="Warning"), ["B"]),
        (Choice(type="Normal"), ["A"]),
        (Choice(reason="B"), ["B"]),
        (Choice(object="pod cortex-mcp/TIME"), ["A", "B"]),
        (Choice(object="talos"), []),
    ],
)
def test_some_are_chosen(choice: Choice, reasons: list[str]) -> None:
    found = groups(event(5, type="Normal", reason="A"), event(4, reason="B"), choice=choice)
    assert [group.reason for group in found] == reasons


def test_events_of_the_newer_api_count_by_their_series() -> None:
    series = {"count": 7, "lastObservedTime": minutes_ago(2)}
    newer = event(0, series=series, eventTime=minutes_ago(50), count=0, firstTimestamp=None, lastTimestamp=None)
    (group,) = groups(newer)
    assert (group.count, group.first, group.last) == (7, NOW - timedelta(minutes=50), NOW - timedelta(minutes=2))


def test_event_without_any_time_but_its_own_is_seen_when_it_was_made() -> None:
    bare = event(
        0, firstTimestamp=None, lastTimestamp=None, metadata={"name": "e", "creationTimestamp": minutes_ago(3)}
    )
    (group,) = groups(bare)
    assert group.first == group.last == NOW - timedelta(minutes=3)


def shown(readings: Mapping[str, Read[tuple[Event, ...]] | ReadFailure]) -> tuple[int, str]:
    seen = of_api(Target("test", declared(), Connection("test", "https://api")), readings, NOW - HOUR, NOW)
    return seen.exit_code, written(write, seen)


def test_text_is_a_line_an_event_without_control_characters() -> None:
    events = (msgspec.convert(event(12, message="two\nlines \x1b[31m", count=3), Event, strict=False),)
    code, shows = shown({"cortex-mcp": Read(events, 0.1)})
    assert code == 0
    assert shows.splitlines()[0].split("  ")[0] == "LAST SEEN"
    assert shows.splitlines()[1].split() == [
        *("12", "min", "ago", "13", "min", "ago", "Warning", "3", "Pod", "cortex-mcp/time-1", "Unhealthy"),
        *("two", "lines", "[31m"),
    ]
    assert "\x1b" not in shows


def test_nothing_happened() -> None:
    assert shown({"cortex-mcp": Read((), 0.1)}) == (0, "No events since 1 h ago.\n")


def test_unreadable_namespace_is_unknown() -> None:
    code, shows = shown({"cortex-mcp": ReadFailure("list events", Reason.FORBIDDEN, "the account lacks the verb")})
    assert code == 3
    assert "Could not be checked\n  forbidden  the account lacks the verb" in shows


def test_every_declared_namespace_is_read() -> None:
    with serve(World(declared())) as api:
        api.world.add("events", "cortex-mcp", event(1))
        api.faults["/api/v1/namespaces/cortex-system/events"] = [status(403, "no")]
        readings = anyio.run(read, api.world.declaration, Connection("test", api.url))
    there, denied = readings["cortex-mcp"], readings["cortex-system"]
    assert isinstance(there, Read)
    assert [one.reason for one in there.value] == ["Unhealthy"]
    assert isinstance(denied, ReadFailure)
    assert denied.reason is Reason.FORBIDDEN


def test_unreachable_cluster_is_one_sentence() -> None:
    with pytest.raises(UncheckedError, match="no events could be read: the API server cannot be reached"):
        anyio.run(read, declared(), Connection("test", "http://127.0.0.1:1"))
