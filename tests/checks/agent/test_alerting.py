"""Reactions and alerts reach the declared webhooks, whose addresses are read when they are needed."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import anyio
import pytest

from checks.agent.alerting import Alerting
from checks.event_log.entry import LoggedChange, LoggedReaction
from checks.results.result import Ref
from tests.checks.world import declared

POD = Ref("Pod", "time-1", "cortex-mcp")


class Receiver:
    """A webhook on loopback."""

    def __init__(self) -> None:
        taken = self.taken = list[dict[str, object]]()

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

            def do_POST(self) -> None:
                taken.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(200)
                self.end_headers()

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    thread = Thread(target=receiver.server.serve_forever)
    thread.start()
    yield receiver
    receiver.server.shutdown()
    receiver.server.server_close()
    thread.join()


def test_reactions_and_alerts_are_sent(receiver: Receiver, tmp_path: Path) -> None:
    addresses = tmp_path / "addresses"
    addresses.mkdir()
    (addresses / "ops").write_text(f"{receiver.url}\n")
    hook = {"ops": {"secret": "hooks", "key": "url"}}
    secret = {"namespace": "cortex-system", "keys": {"url": {"pulumi": "hook-url"}}}
    declaration = declared(agent={"image": "registry.test/cortex:1", "webhooks": hook}, secrets={"hooks": secret})
    assert declaration.agent is not None
    alerting = Alerting("test", "c", declaration.agent.webhooks, tmp_path / "spool", addresses)

    def metrics() -> dict[str, list[float]]:
        return {metric.name: [sample.value for sample in metric.samples] for metric in alerting.metrics()}

    async def go() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(alerting.run)
            await anyio.sleep(0)
            alerting.reacted(LoggedReaction("BackOff", POD, "exits with code 3", ["boom"], "restarted"))
            alerting.changed(LoggedChange(POD, "restarts", "", "6 in 10 minutes", alert=True))
            with anyio.fail_after(5):
                while metrics()["cortex_agent_webhook_sent"] != [2]:
                    await anyio.sleep(0.01)
            group.cancel_scope.cancel()

    anyio.run(go)
    assert [(sent["reason"], sent["summary"], sent["details"]) for sent in receiver.taken] == [
        ("BackOff", "exits with code 3", ["boom", "restarted"]),
        ("restarts", "6 in 10 minutes", []),
    ]
    assert metrics()["cortex_agent_webhook_waiting"] == [0]


def test_without_addresses_nothing_is_sent(tmp_path: Path) -> None:
    alerting = Alerting("test", "c", {}, tmp_path / "spool", None)
    anyio.run(alerting.run)
    alerting.reacted(LoggedReaction("BackOff", POD))
    assert not (tmp_path / "spool").exists()
