"""Changes of ConfigMaps are told between valid values, and a bad file is told as such."""

import anyio
import pytest

from checks.config.changes import ConfigMapChange, ConfigMapFollower, RejectedFile, watch_configmap_changes
from checks.config.keys import KeyChange
from checks.kube.connection import Connection
from checks.results.result import Ref
from tests.checks.kube.watch.scripted_api import Answer, ScriptedApi, bookmark, failed, line, stream, thing

A = Ref("ConfigMap", "a", "x")
BAD = "features.json is not JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"


def features(version: int, value: str, name: str = "a", **more: str) -> dict[str, object]:
    """Give a ConfigMap with the file features.json."""
    return thing(name, version, **{"features.json": value, **more})


def start(*things: dict[str, object]) -> tuple[bytes, ...]:
    """Give the lines of the initial list."""
    return (*(line("ADDED", each) for each in things), bookmark(7, listed=True))


class Followed:
    """What a follower told of a scripted API server."""

    def __init__(self, *script: Answer) -> None:
        self.changed = list[ConfigMapChange]()
        self.rejected = list[RejectedFile]()
        api = ScriptedApi(list(script))
        follower = ConfigMapFollower(["x"], api, self.changed.append, self.rejected.append, api.gaps.append)

        async def until_the_end() -> None:
            async with anyio.create_task_group() as group:
                group.start_soon(follower.run)
                with anyio.fail_after(5):
                    await api.done.wait()
                group.cancel_scope.cancel()

        anyio.run(until_the_end)
        self.gaps = api.gaps

    @property
    def keys(self) -> list[KeyChange]:
        return [key for change in self.changed for key in change.keys]


def test_what_was_there_is_no_change_and_what_is_new_is() -> None:
    script = stream(*start(thing("a", 1, k="1")), line("ADDED", thing("b", 8, k="2")), line("ADDED", thing("c", 9)))
    assert Followed(script).changed == [ConfigMapChange(Ref("ConfigMap", "b", "x"), (KeyChange("k", None, "2"),))]


def test_each_key_is_told_with_before_and_after() -> None:
    changed = line("MODIFIED", thing("a", 8, k="2", new="n"))
    followed = Followed(stream(*start(thing("a", 1, k="1", old="o")), changed, line("DELETED", thing("a", 9))))
    first = (KeyChange("k", "1", "2"), KeyChange("new", None, "n"), KeyChange("old", "o", None))
    last = (KeyChange("k", "2", None), KeyChange("new", "n", None))
    assert followed.changed == [ConfigMapChange(A, first), ConfigMapChange(A, last, deleted=True)]
    assert followed.rejected == []


def test_a_bad_file_is_rejected_once_and_not_passed_on() -> None:
    lines = [features(8, "{"), features(9, "{", k="1"), features(10, '{"b": 2}', k="1")]
    followed = Followed(stream(*start(features(1, '{"a": 1}')), *(line("MODIFIED", each) for each in lines)))
    assert followed.rejected == [RejectedFile(A, "features.json", '{"a": 1}', "{", BAD)]
    assert followed.keys == [KeyChange("k", None, "1"), KeyChange("features.json", '{"a": 1}', '{"b": 2}')]


def test_a_bad_file_that_becomes_what_it_was_is_no_change() -> None:
    lines = (line("MODIFIED", features(8, "{")), line("MODIFIED", features(9, "{}")))
    followed = Followed(stream(*start(features(1, "{}")), *lines))
    assert followed.changed == []
    assert len(followed.rejected) == 1


def test_a_file_that_was_bad_from_the_beginning_is_told() -> None:
    followed = Followed(stream(*start(features(1, "{")), line("MODIFIED", features(8, "{}"))))
    assert followed.rejected == [RejectedFile(A, "features.json", None, "{", BAD)]
    assert followed.keys == [KeyChange("features.json", None, "{}")]


def test_after_a_gap_the_last_values_are_told() -> None:
    again = (line("ADDED", features(20, "{", k="2")), bookmark(31, listed=True))
    followed = Followed(stream(*start(features(1, "{}", k="1"))), stream(failed(410)), stream(*again))
    assert followed.keys == [KeyChange("k", "1", "2")]
    assert [file.fault for file in followed.rejected] == [BAD]
    assert len(followed.gaps) == 1


def test_a_program_follows_one_namespace(monkeypatch: pytest.MonkeyPatch) -> None:
    bad = line("MODIFIED", features(9, "{", k="2"))
    api = ScriptedApi([stream(*start(features(1, "{}", k="1")), line("MODIFIED", features(8, "{}", k="2")), bad)])
    monkeypatch.setattr(Connection, "client", lambda _: api.client())
    changed, rejected = list[ConfigMapChange](), list[RejectedFile]()

    async def until_the_end() -> None:
        async with anyio.create_task_group() as group:
            connection = Connection("test", "https://api")
            group.start_soon(watch_configmap_changes, "x", changed.append, rejected.append, connection)
            with anyio.fail_after(5):
                await api.done.wait()
            group.cancel_scope.cancel()

    anyio.run(until_the_end)
    assert changed == [ConfigMapChange(A, (KeyChange("k", "1", "2"),))]
    assert [(file.key, file.after) for file in rejected] == [("features.json", "{")]
