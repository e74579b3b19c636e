"""The program of a probe pod."""

import socket
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep
from typing import Any, cast

import pytest

from checks.network import probe_program as reach


@pytest.fixture
def closed() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return cast("int", server.getsockname()[1])


def test_connection_is_reached_refused_or_has_no_address(port: int, closed: int) -> None:
    assert reach.attempt("127.0.0.1", port) == "reached"
    assert reach.attempt("127.0.0.1", closed) == "refused"
    assert reach.attempt("no such name", port) == "unresolved"


def test_client_is_let_in_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach, "PAUSE_SECONDS", 0)
    outcomes = ["refused", "timeout", "reached"]
    assert reach.settled("h", 1, wanted=True, end=monotonic() + 60, attempt=lambda *_: outcomes.pop(0)) == "reached"
    assert outcomes == []


def test_undeclared_pod_is_kept_out_late_and_only_for_good(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach, "PAUSE_SECONDS", 0.02)
    outcomes = ["reached", "refused", "reached", *["refused"] * 1000]
    end = monotonic() + 60
    found = reach.settled("h", 1, wanted=False, end=end, lasting=0.1, attempt=lambda *_: outcomes.pop(0))
    assert (found, len(outcomes) < 999) == ("refused", True)


def test_undeclared_pod_that_gets_in_after_a_refusal_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach, "PAUSE_SECONDS", 0.1)
    outcomes = ["refused", "refused", *["reached"] * 1000]
    end = monotonic() + 2
    found = reach.settled("h", 1, wanted=False, end=end, lasting=3, attempt=lambda *_: outcomes.pop(0))
    assert found == "reached"


def test_undeclared_pod_that_stays_in_is_told(port: int) -> None:
    assert reach.settled("127.0.0.1", port, wanted=False, end=monotonic() - 1) == "reached"


def tries(*script: tuple[float, str]) -> Callable[[str, int], str]:
    """Return attempts with these durations and outcomes; the last one is repeated."""
    left = list(script)

    def attempt(_host: str, _port: int) -> str:
        seconds, outcome = left.pop(0) if len(left) > 1 else left[0]
        sleep(seconds)
        return outcome

    return attempt


@pytest.mark.parametrize(("wanted", "outcome"), [(True, "reached"), (False, "refused")])
def test_dropped_packet_holds_up_no_other_try(wanted: bool, outcome: str) -> None:
    begun = monotonic()
    attempt = tries((5, "timeout"), (0, outcome))
    assert reach.settled("h", 1, wanted=wanted, end=begun + 60, lasting=0.3, attempt=attempt) == outcome
    assert monotonic() - begun < 4


def test_packets_dropped_for_good_are_a_refusal() -> None:
    begun = monotonic()
    found = reach.settled("h", 1, wanted=False, end=begun + 60, lasting=0.5, attempt=tries((0.4, "timeout")))
    assert found == "timeout"
    assert 0.9 <= monotonic() - begun < 4


def test_a_refusal_is_asked_for_twice_because_linux_answers_few_in_a_second() -> None:
    asked: list[float] = []

    def attempt(_host: str, _port: int) -> str:
        asked.append(monotonic())
        return "refused"

    assert reach.settled("h", 1, wanted=False, end=monotonic() + 60, lasting=0.3, attempt=attempt) == "refused"
    assert len(asked) == 2


def test_late_answer_of_an_older_try_does_not_hide_that_a_newer_one_got_in() -> None:
    attempt = tries((1, "timeout"), (0, "reached"), (30, "refused"))
    assert reach.settled("h", 1, wanted=False, end=monotonic() + 0.9, lasting=0.0, attempt=attempt) == "reached"


def test_network_that_is_not_there_proves_nothing(port: int, closed: int) -> None:
    up, down = ("127.0.0.1", port), ("127.0.0.1", closed)
    target = (*down, False)
    assert reach.tried([target], monotonic() - 1, 0, down, down) == {"alive": False, "outcomes": []}
    assert reach.tried([target], monotonic() - 1, 0, None, down) == {"alive": False, "outcomes": []}
    assert reach.tried([target], monotonic() + 9, 0, up, down) == {"alive": True, "outcomes": ["refused"]}


def test_refusal_counts_only_once_the_pods_own_policies_are_at_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach, "PAUSE_SECONDS", 0)
    tries: list[str] = []
    open_until = {"dns": 99, "api": 2, "server": 0}

    def settled(host: str, port: int, **how: Any) -> str:
        return real(host, port, **{**how, "attempt": attempt})

    def attempt(host: str, port: int) -> str:
        tries.append(host)
        return "reached" if tries.count(host) <= open_until[host] else "refused"

    real = reach.settled
    monkeypatch.setattr(reach, "settled", settled)
    report = reach.tried([("server", 1, False)], monotonic() + 60, 0, ("dns", 53), ("api", 443))
    assert (tries, report["outcomes"]) == (["dns", "api", "api", "api", "server"], ["refused"])


def test_nameserver_is_that_of_the_pod(tmp_path: Path) -> None:
    (tmp_path / "resolv.conf").write_text("search a b\nnameserver 10.96.0.10\noptions ndots:5\n")
    assert reach.nameserver(str(tmp_path / "resolv.conf")) == "10.96.0.10"
    (tmp_path / "resolv.conf").write_text("search a b\n")
    assert reach.nameserver(str(tmp_path / "resolv.conf")) is None
