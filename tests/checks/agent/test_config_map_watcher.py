"""ConfigMaps are told key by key, and files that are not valid are an alert."""

from collections.abc import Mapping

import anyio
import pytest

from checks.agent.config_map_watcher import ConfigMapWatcher
from checks.event_log.entry import LoggedChange
from checks.kube.connection import Connection
from checks.kube.watch.availability import Availability
from checks.kube.watch.connector import Connector
from checks.kube.watch.reflector import Change
from stacks.model import names
from tests.checks.agent.objects import config_map
from tests.checks.kube.watch.scripted_api import ScriptedApi, bookmark, line, stream, thing


class Following:
    """A watcher that is told changes by hand."""

    def __init__(self) -> None:
        self.told = list[LoggedChange]()
        self.verified = list[Mapping[str, str]]()
        connection = Connection("test", "https://api")
        connector = Connector(connection, lambda: connection)
        self.watcher = ConfigMapWatcher([], connector, Availability(), self.told.append, self.verified.append)


@pytest.fixture
def following() -> Following:
    return Following()


def test_each_changed_key_is_told(following: Following) -> None:
    before, after = config_map(motd="one", other="x"), config_map(motd="two", other="x", big="y" * 300)
    following.watcher.consume(Change(before))
    following.watcher.consume(Change(after, before))
    following.watcher.consume(Change(after, after, deleted=True))
    assert [(change.what, change.before, change.after) for change in following.told] == [
        ("key big", "", "300 bytes"),
        ("key motd", "one", "two"),
        ("ConfigMap", "", "deleted"),
    ]


def test_a_file_that_is_not_valid_is_an_alert(following: Following) -> None:
    good, bad = config_map(features_json="{}"), config_map(features_json="{")
    following.watcher.consume(Change(bad, good))
    following.watcher.consume(Change(good, bad))
    assert [change.alert for change in following.told] == [True, False]
    assert following.watcher.faults == 1


def test_a_new_file_that_is_not_valid_is_an_alert(following: Following) -> None:
    following.watcher.consume(Change(config_map("old", features_json="{")), first=True)
    following.watcher.consume(Change(config_map("new", features_json="{", motd="hi")))
    assert [(change.object.name, change.what, change.alert) for change in following.told] == [
        ("new", "key features.json", True)
    ]


def test_files_of_the_first_list_are_not_told(following: Following, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = {"features.json": "{"}
    start = (line("ADDED", thing("a", 1, **bad)), bookmark(7, listed=True))
    api = ScriptedApi([stream(*start, line("ADDED", thing("b", 8, **bad)))])
    monkeypatch.setattr(Connection, "client", lambda _: api.client())
    connection = Connection("test", "https://api")
    connector = Connector(connection, lambda: connection)
    watcher = ConfigMapWatcher(["x"], connector, Availability(), following.told.append, following.verified.append)

    async def until_the_end() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(watcher.reflectors[0].run)
            with anyio.fail_after(5):
                await api.done.wait()
            group.cancel_scope.cancel()

    anyio.run(until_the_end)
    assert [change.object.name for change in following.told] == ["b"]


def test_the_result_of_a_verification_is_passed_on_and_not_told(following: Following) -> None:
    result = config_map(names.VERIFICATION_CONFIG_MAP, namespace=names.SYSTEM_NAMESPACE, status="pass")
    following.watcher.consume(Change(result))
    following.watcher.consume(Change(result, result, deleted=True))
    assert following.verified == [{"status": "pass"}, {}]
    assert following.told == []
