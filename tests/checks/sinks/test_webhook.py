"""A webhook that is down or refuses: in order, none lost, none twice, and nothing shows the address."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import anyio
import httpx2
import pytest

from checks.results.result import Ref
from checks.sinks import spool as module
from checks.sinks.alert import Alert
from checks.sinks.spool import Spool
from checks.sinks.webhook import Webhook

URL = "https://hooks.example/T0K3N"
Answer = int | Exception


def alert(number: int) -> Alert:
    return Alert(datetime.now(UTC), "c", "s", Ref("Pod", f"p{number}", "x"), "BackOff", f"alert {number}")


class Receiver:
    """Answers as a script says, and then with 200; keeps what it took."""

    def __init__(self, *script: Answer) -> None:
        self.script = list(script)
        self.taken: list[str] = []
        self.asked = 0

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.asked += 1
        answer = self.script.pop(0) if self.script else 200
        if isinstance(answer, Exception):
            raise answer
        if answer == 200:
            self.taken.append(json.loads(request.content)["summary"])
        return httpx2.Response(answer)


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    spool = Spool(tmp_path)
    yield spool
    spool.close()


def sent(spool: Spool, receiver: Receiver, alerts: int, url: Callable[[], str] = lambda: URL) -> Webhook:
    """Send alerts until none waits."""

    async def go() -> Webhook:
        async def pause(_: float) -> None:
            await anyio.lowlevel.checkpoint()

        async with httpx2.AsyncClient(transport=httpx2.MockTransport(receiver)) as client:
            webhook = Webhook("ops", url, "json", spool, client, pause)
            async with anyio.create_task_group() as group:
                group.start_soon(webhook.run)
                for number in range(alerts):
                    webhook.send(alert(number))
                with anyio.fail_after(5):
                    while spool.count("ops"):
                        await anyio.sleep(0.001)
                group.cancel_scope.cancel()
        return webhook

    return anyio.run(go)


def test_alerts_are_sent_in_order(spool: Spool) -> None:
    receiver = Receiver()
    webhook = sent(spool, receiver, 3)
    assert receiver.taken == ["alert 0", "alert 1", "alert 2"]
    assert (webhook.stats.sent, webhook.stats.waiting) == (3, 0)


@pytest.mark.parametrize("fault", [500, 503, 429, 408, httpx2.ConnectError("refused"), httpx2.ReadTimeout("slow")])
def test_what_may_pass_is_sent_again(spool: Spool, fault: Answer) -> None:
    receiver = Receiver(fault, fault)
    webhook = sent(spool, receiver, 2)
    assert receiver.taken == ["alert 0", "alert 1"]
    assert (webhook.stats.failed, webhook.stats.problem) == (2, "")


def test_what_is_refused_becomes_a_dead_letter(spool: Spool, tmp_path: Path) -> None:
    receiver = Receiver(400)
    webhook = sent(spool, receiver, 2)
    assert receiver.taken == ["alert 1"]
    assert webhook.stats.given_up == 1
    letters = (tmp_path / "dead-letters.jsonl").read_text()
    assert json.loads(letters)["reason"] == "HTTP 400"
    assert URL not in letters


def test_a_spool_that_cannot_be_written_ends_nothing(spool: Spool) -> None:
    webhook = Webhook("ops", lambda: URL, "json", spool, httpx2.AsyncClient())
    spool.close()
    webhook.send(alert(1))
    assert webhook.stats.given_up == 1
    assert webhook.stats.problem.startswith("the spool cannot be written: Cannot operate on a closed")


def test_a_restart_sends_what_waited(spool: Spool, tmp_path: Path) -> None:
    spool.add("ops", b'{"summary": "of before"}')
    spool.close()
    again, receiver = Spool(tmp_path), Receiver()
    sent(again, receiver, 1)
    again.close()
    assert receiver.taken == ["of before", "alert 0"]


def test_of_too_many_the_oldest_are_given_up(spool: Spool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_WAITING", 3)
    for number in range(5):
        spool.add("ops", f'{{"summary": "{number}"}}'.encode())
    first = spool.first("ops")
    assert first is not None
    assert (spool.count("ops"), first.body) == (3, b'{"summary": "2"}')
    assert len((tmp_path / "dead-letters.jsonl").read_text().splitlines()) == 2


def test_an_address_that_cannot_be_read_is_tried_again(spool: Spool) -> None:
    asked = 0

    def url() -> str:
        nonlocal asked
        asked += 1
        if asked < 3:
            raise FileNotFoundError("gone")
        return URL

    receiver = Receiver()
    assert sent(spool, receiver, 1, url).stats.failed == 2
    assert receiver.taken == ["alert 0"]


def test_no_problem_shows_the_address(spool: Spool) -> None:
    problems, webhooks = list[str](), list[Webhook]()

    class Receiving(Receiver):
        def __call__(self, request: httpx2.Request) -> httpx2.Response:
            problems.append(webhooks[0].stats.problem)
            return super().__call__(request)

    async def go() -> None:
        receiver = Receiving(httpx2.ConnectError(f"cannot reach {URL}"), 500)
        async with httpx2.AsyncClient(transport=httpx2.MockTransport(receiver)) as client:
            webhook = Webhook("ops", lambda: URL, "json", spool, client, lambda _: anyio.lowlevel.checkpoint())
            webhooks.append(webhook)
            async with anyio.create_task_group() as group:
                group.start_soon(webhook.run)
                webhook.send(alert(1))
                with anyio.fail_after(5):
                    while spool.count("ops"):
                        await anyio.sleep(0.001)
                group.cancel_scope.cancel()

    anyio.run(go)
    assert problems == ["", "no answer (ConnectError)", "HTTP 500"]
