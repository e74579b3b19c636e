"""What the agent serves, and where it listens."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from checks.agent.http_app import HttpApp, listen
from checks.errors import UsageError
from checks.event_log.entry import Entry
from checks.event_log.writer import EventLog, Retention
from checks.registry.registry import Registry


class Served:
    """An application whose state is set by hand."""

    def __init__(self, folder: Path) -> None:
        self.unready = self.unhealthy = ""
        registry = Registry(datetime.now(UTC), {}, "test", "https://api")
        app = HttpApp(folder, lambda: b"x 1\n", lambda: self.unready, lambda: self.unhealthy, lambda: registry)
        self.client = TestClient(app.application())


@pytest.fixture
def served(tmp_path: Path) -> Served:
    return Served(tmp_path)


def test_metrics_are_in_prometheus_format(served: Served) -> None:
    answer = served.client.get("/metrics")
    assert answer.text == "x 1\n"
    assert answer.headers["content-type"].startswith("text/plain; version=")


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_health_tells_what_is_wrong(served: Served, path: str) -> None:
    assert (served.client.get(path).status_code, served.client.get(path).text) == (200, "ok\n")
    served.unready = served.unhealthy = "the first list is not complete"
    assert served.client.get(path).status_code == 503
    assert served.client.get(path).text == "the first list is not complete\n"


def test_events_are_lines_of_the_log(served: Served, tmp_path: Path) -> None:
    log = EventLog(tmp_path, Retention())
    log.append(Entry(datetime(2026, 3, 1, tzinfo=UTC), note="old"), Entry(datetime.now(UTC), note="new"))
    log.close()
    answer = served.client.get("/events?since=5m")
    assert [json.loads(line)["note"] for line in answer.text.splitlines()] == ["new"]
    wrong = served.client.get("/events?since=yesterday")
    assert (wrong.status_code, wrong.text) == (
        400,
        "since: 'yesterday' is not a duration: write for instance 30s, 5m, 1h30m or 2d\n",
    )


def test_the_registry_is_json(served: Served) -> None:
    assert served.client.get("/registry").json()["servers"] == {}


@pytest.mark.parametrize("address", ["9440", "127.0.0.1", "127.0.0.1:http", "127.0.0.1:99999", ":9440"])
def test_what_is_not_an_address_is_refused(address: str) -> None:
    with pytest.raises(UsageError, match=r"--listen: .* is not an address: write HOST:PORT"):
        listen(address)


def test_an_address_in_use_is_refused() -> None:
    with listen("127.0.0.1:0") as first:
        first.listen()
        port = first.getsockname()[1]
        with pytest.raises(UsageError, match=rf"--listen: cannot listen at 127.0.0.1:{port}: Address already in use: "):
            listen(f"127.0.0.1:{port}")
