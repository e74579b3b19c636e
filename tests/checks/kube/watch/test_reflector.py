"""A reflector tells each change once, whatever the API server does."""

from datetime import UTC, datetime

import httpx2
import pytest

from checks.kube import models as k8s
from checks.kube.client import Kind
from tests.checks.kube.watch.scripted_api import (
    Answer,
    ScriptedApi,
    bookmark,
    failed,
    line,
    page,
    refusal,
    stream,
    thing,
)

EVENTS = Kind("api/v1", "events", k8s.ConfigMap)
"""Events by their path; their fields do not matter here."""

LISTED = (line("ADDED", thing("a", 3)), line("ADDED", thing("b", 4)), bookmark(7, listed=True))
CUT = httpx2.RemoteProtocolError("cut", request=httpx2.Request("GET", "https://api"))
BOTH = [("added", "a", "3"), ("added", "b", "4")]


def followed(*script: Answer) -> ScriptedApi:
    api = ScriptedApi(list(script))
    api.follow()
    return api


def test_the_initial_list_is_streamed_and_told_as_new() -> None:
    api = followed(stream(*LISTED))
    assert api.told == BOTH
    first = api.asked[0]
    assert (first["sendInitialEvents"], first["resourceVersionMatch"]) == ("true", "NotOlderThan")
    assert 300 <= int(first["timeoutSeconds"]) <= 600


@pytest.mark.parametrize("status", [400, 422])
def test_a_server_that_does_not_stream_lists_is_asked_page_by_page(status: int) -> None:
    api = followed(refusal(status), page(7, thing("a", 3), more="next"), page(7, thing("b", 4)), stream())
    assert api.told == BOTH
    assert api.asked[2]["continue"] == "next"
    assert (api.asked[3]["resourceVersion"], "sendInitialEvents" in api.asked[3]) == ("7", False)


def test_after_a_clean_end_the_watch_resumes_where_it_was() -> None:
    api = followed(
        stream(*LISTED, line("MODIFIED", thing("a", 8)), bookmark(20)),
        stream(line("DELETED", thing("b", 21))),
    )
    assert api.told == [*BOTH, ("modified", "a", "3 to 8"), ("deleted", "b", "4")]
    assert [asked["resourceVersion"] for asked in api.asked] == ["", "20", "21"]
    assert api.waits.seconds == []


@pytest.mark.parametrize("expired", [refusal(410), stream(failed(410))])
def test_an_expired_version_leads_to_exactly_one_list_and_tells_what_differs(expired: Answer) -> None:
    before = datetime.now(UTC)
    again = (line("ADDED", thing("b", 4)), line("ADDED", thing("c", 30)), bookmark(31, listed=True))
    api = followed(stream(*LISTED), expired, stream(*again))
    assert api.told == [*BOTH, ("deleted", "a", "3"), ("added", "c", "30")]
    assert [asked.get("sendInitialEvents") for asked in api.asked] == ["true", None, "true", None]
    (gap,) = api.gaps
    assert before <= gap.since <= gap.until <= datetime.now(UTC)


def test_a_changed_object_is_told_with_what_it_was_before_the_list() -> None:
    api = followed(stream(*LISTED), stream(failed(410)), stream(line("ADDED", thing("a", 9)), bookmark(9, listed=True)))
    assert api.told[2:] == [("deleted", "b", "4"), ("modified", "a", "3 to 9")]


def test_of_an_object_what_is_reduced_is_told_and_remembered() -> None:
    api = ScriptedApi([stream(*LISTED, line("MODIFIED", thing("a", 8, key="long")))])
    told: list[k8s.ConfigMap] = []
    reflector = api.follow(
        consume=lambda change: told.append(change.object),
        reduced=lambda item: k8s.ConfigMap(metadata=item.metadata, data={"size": str(len(item.data))}),
    )
    assert [item.data for item in told] == [{"size": "0"}, {"size": "0"}, {"size": "1"}]
    assert {item.metadata.name: item.data for item in reflector.objects} == {"a": {"size": "1"}, "b": {"size": "0"}}


def test_an_object_that_was_made_anew_under_its_name_is_another() -> None:
    again = thing("a", 9) | {"metadata": {"name": "a", "namespace": "x", "uid": "other", "resourceVersion": "9"}}
    api = followed(stream(*LISTED, line("DELETED", thing("a", 8)), line("ADDED", again)))
    assert api.told == [*BOTH, ("deleted", "a", "3"), ("added", "a", "9")]


def test_a_watch_of_events_that_ends_at_once_has_an_expired_version() -> None:
    api = ScriptedApi([stream(*LISTED), stream(), stream(*LISTED)])
    reflector = api.follow(EVENTS)
    assert reflector.stats.expired == 1
    assert api.told == BOTH
    assert len(api.gaps) == 1


def test_any_other_watch_that_ends_at_once_is_repeated_after_a_wait() -> None:
    api = ScriptedApi([stream(*LISTED), stream(), stream(bookmark(8))])
    reflector = api.follow()
    assert reflector.stats.expired == 0
    assert [asked["resourceVersion"] for asked in api.asked] == ["", "7", "7", "8"]
    assert len(api.waits.seconds) == 1


@pytest.mark.parametrize("error", [httpx2.RemoteProtocolError("cut"), httpx2.ReadTimeout("silent")])
def test_a_line_that_was_cut_is_sent_again_and_told_once(error: httpx2.TransportError) -> None:
    error.request = httpx2.Request("GET", "https://api")
    changed = line("MODIFIED", thing("a", 8))
    api = followed(stream(*LISTED, changed, line("MODIFIED", thing("b", 9))[:20], error), stream(changed, bookmark(9)))
    assert api.told == [*BOTH, ("modified", "a", "3 to 8")]
    assert [asked["resourceVersion"] for asked in api.asked] == ["", "8", "9"]


def test_a_list_that_was_cut_begins_again() -> None:
    api = followed(stream(*LISTED[:2], CUT), stream(*LISTED))
    assert api.told == BOTH
    assert api.gaps == []


def test_a_rejected_credential_is_renewed_at_once_and_then_after_waits() -> None:
    api = ScriptedApi([stream(*LISTED), refusal(401), refusal(401), stream(bookmark(8))])
    reflector = api.follow()
    assert api.clients_used == [1, 1, 2, 3, 3]
    assert api.renewals == 2
    assert len(api.waits.seconds) == 1
    assert reflector.stats.problem == ""


def test_a_forbidden_watch_names_the_permission_and_goes_on_slowly() -> None:
    api = ScriptedApi([refusal(403), refusal(403)])
    reflector = api.follow()
    assert reflector.stats.problem == 'the account lacks the verb "watch" on "configmaps" in namespace x: grant it'
    assert api.waits.seconds == [30, 30]


def test_a_busy_server_says_how_long_to_wait() -> None:
    api = ScriptedApi([refusal(429, Retry_After="7"), refusal(503), stream(*LISTED)])
    api.follow()
    assert api.waits.seconds[0] == 7
    assert 0.8 <= api.waits.seconds[1] <= 1.6


def test_waits_grow_while_nothing_answers_and_end_with_the_first_answer() -> None:
    down = httpx2.ConnectError("refused", request=httpx2.Request("GET", "https://api"))
    api = ScriptedApi([down, down, down, stream(*LISTED)])
    reflector = api.follow()
    first, second, third = api.waits.seconds
    assert 0.8 <= first <= 1.6 <= second <= 3.2 <= third <= 6.4
    assert reflector.stats.failures == {"ConnectError": 3}
    assert not api.waits.down


def test_cuts_of_watches_that_work_do_not_make_the_waits_longer() -> None:
    changes = (stream(line("MODIFIED", thing("a", version)), CUT) for version in (8, 9, 10))
    api = followed(stream(*LISTED, CUT), *changes)
    assert api.told[-1] == ("modified", "a", "9 to 10")
    assert [0.8 <= wait <= 1.6 for wait in api.waits.seconds] == [True] * 4


def test_cuts_of_lists_that_never_end_make_the_waits_longer() -> None:
    api = followed(*(stream(*LISTED[:2], CUT) for _ in range(3)), stream(*LISTED))
    first, second, third = api.waits.seconds
    assert first <= 1.6 <= second <= 3.2 <= third


def test_while_nothing_answers_the_problem_has_the_address() -> None:
    down = httpx2.ConnectError("refused", request=httpx2.Request("GET", "https://api"))
    api = ScriptedApi([down])
    assert api.follow().stats.problem == "the API server cannot be reached at api:443: refused"
    assert api.waits.down


def test_garbage_is_told_and_does_not_end_the_watch() -> None:
    api = ScriptedApi([stream(*LISTED, b"<html>\n"), stream(line("MODIFIED", thing("a", 8)))])
    reflector = api.follow()
    assert api.told == [*BOTH, ("modified", "a", "3 to 8")]
    assert reflector.stats.failures == {"DecodeError": 1}
