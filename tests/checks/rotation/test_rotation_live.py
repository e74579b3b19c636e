"""Rotations on a live API server: killed at each stage, two at once, a value that does not work, and hooks."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest

from checks.kube.connection import from_kubeconfig
from checks.rotation import cluster_history, due
from checks.rotation.order import RevertedError
from checks.target import Target
from stacks.loader import load
from stacks.model.names import ROTATED, ROTATION_JOURNAL
from tests.checks.rotation.project import KILL, OLD, SPACE, Live, deploy, home
from tests.conftest import Cluster, cluster_name, cortex, start

pytestmark = pytest.mark.live

ROTATE = ("rotate", "creds")


@pytest.fixture(scope="module")
def kwok(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Cluster, Path]]:
    """A cluster without a node, whose pods are ready at once, with the reader."""
    name = cluster_name("rotation")
    try:
        cluster = start(name, ["--node", "kwok"])
        for space in ("cortex-system", SPACE):
            cluster.make_namespace(space)
        folder = tmp_path_factory.mktemp("project")
        deploy(cluster, folder)
        yield cluster, folder
    finally:
        cortex("local", "down", "--name", name, "--delete")


@pytest.fixture
def live(kwok: tuple[Cluster, Path], tmp_path: Path) -> Live:
    cluster, folder = kwok
    found = Live(cluster, folder, home(tmp_path, "state"))
    found.kubectl("patch", "secret", "creds", "--type=merge", "--patch", json.dumps({"stringData": {"token": OLD}}))
    found.kubectl("delete", "events", "--all")
    forget = ("patch", "secret", ROTATION_JOURNAL, "--namespace=cortex-system", "--type=merge", "--patch")
    cluster.run("kubectl", *forget, '{"data": null}')
    return found


def pods(live: Live) -> set[str]:
    return {
        one["metadata"]["name"] for one in live.live("pods")["items"] if not one["metadata"].get("deletionTimestamp")
    }


def clean(live: Live, value: str) -> None:
    """Check that a rotation has ended well, with one entry for it."""
    assert live.token() == value
    assert live.journal() is None
    assert live.secrets() == {"creds"}
    (entry,) = live.entries()
    assert entry["outcome"] == "rotated"
    assert {pod["name"] for pod in entry["pods"]} == pods(live)
    assert "SecretRotated" in live.reasons()
    leases = live.cluster.run("kubectl", "get", "leases", "--namespace", "cortex-system", "--output", "name").stdout
    assert "cortex-secrets" not in leases


def test_each_reader_runs_with_the_new_value_and_the_log_proves_it(live: Live) -> None:
    before = pods(live)
    said = live.cortex(*ROTATE, given="very-secret-new\n")
    clean(live, "very-secret-new")
    assert pods(live).isdisjoint(before)
    assert said.count("ready") == len(pods(live)) == 2
    (entry,) = live.entries()
    assert (entry["keys"], len(entry["hash"]), "@" in entry["by"]) == (["token"], 16, True)
    history = json.loads(live.cortex("history", "creds", "--format", "json"))
    assert history["entries"] == live.entries()


@pytest.mark.parametrize(
    ("killed", "stage"),
    [(("--before", KILL), "begun"), (("--command", KILL), "created"), (("--after", KILL, "--grace", "0s"), "recorded")],
    ids=["before", "value", "after"],
)
def test_what_was_killed_is_finished_by_the_same_command(live: Live, killed: tuple[str, ...], stage: str) -> None:
    stdin = "" if "--command" in killed else "very-secret-new"
    live.cortex(*ROTATE, *killed, code=-9, given=stdin)
    journal = live.journal()
    assert journal is not None
    assert journal["stage"] == stage
    assert "very-secret" not in json.dumps(journal)
    live.cortex(*ROTATE, killed[0], "printf very-secret-new", "--grace", "0s", given=stdin)
    clean(live, "very-secret-new")
    assert len(live.entries("revoke")) == ("--after" in killed)


def test_a_kill_in_the_middle_of_a_rollout_is_finished_with_the_value_that_was_written(live: Live) -> None:
    live.kubectl("rollout", "pause", "deployment/cache")
    process = live.begin(*ROTATE, given="very-secret-new")
    live.wait_for_stage("written")
    process.kill()
    live.end(process, -9)
    assert live.secrets() == {"creds", "creds.cortex-previous"}
    live.kubectl("rollout", "resume", "deployment/cache")
    assert "is of the Secret" not in live.cortex(*ROTATE, "--generate", "20")
    clean(live, "very-secret-new")


def test_a_value_that_does_not_work_is_rolled_back(live: Live) -> None:
    before = pods(live)
    live.kubectl("rollout", "pause", "deployment/cache")
    said = live.cortex(*ROTATE, "--timeout", "4s", code=1, given="very-secret-wrong")
    live.kubectl("rollout", "resume", "deployment/cache")
    assert "the old one is back on all pods" in said
    assert (live.token(), live.journal(), live.secrets()) == (OLD, None, {"creds"})
    assert pods(live) == before
    (entry,) = live.entries()
    assert (entry["outcome"], live.reasons()) == ("rolled-back", ["SecretRotationReverted"])
    assert entry["reason"]


def test_of_two_rotations_one_is_refused_by_name(live: Live, tmp_path: Path) -> None:
    live.kubectl("rollout", "pause", "deployment/cache")
    first = live.begin(*ROTATE, given="very-secret-first")
    live.wait_for_stage("written")
    same = live.cortex(*ROTATE, code=3, given="very-secret-second")
    assert f"process {first.pid} changes Secrets of stack live" in same
    other = Live(live.cluster, live.folder, home(tmp_path, "other"))
    said = other.cortex(*ROTATE, code=3, given="very-secret-second")
    assert "rotates a Secret of this cluster: wait until that has ended" in said
    assert other.journal() is None
    live.kubectl("rollout", "resume", "deployment/cache")
    live.end(first, 0)
    clean(live, "very-secret-first")


def test_two_keys_are_created_and_revoked_in_order(live: Live, tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    note = f"sh -c 'echo very-secret-printed; echo $0 $CORTEX_SECRET >> {notes}'"
    live.cortex(*ROTATE, "--before", f"{note} create", "--after", f"{note} revoke", "--grace", "1s", "--generate", "32")
    assert notes.read_text() == "create creds\nrevoke creds\n"
    assert live.reasons() == ["SecretRevoked", "SecretRotated"]
    assert [one["outcome"] for one in live.entries("revoke")] == ["revoked"]


def test_a_secret_of_others_is_set_and_its_readers_restart(live: Live) -> None:
    before = pods(live)
    assert "restarting workloads.cache" in live.cortex("set", "creds", "token", given="very-secret-set\n")
    live.kubectl("rollout", "status", "deployment/cache", "--timeout=300s")
    assert live.token() == "very-secret-set"
    assert before != pods(live)


def test_only_an_unused_undeclared_secret_is_deleted(live: Live) -> None:
    live.kubectl("create", "secret", "generic", "left", "--from-literal=a=very-secret-left")
    used = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "user"}, "secrets": [{"name": "left"}]}
    live.kubectl("apply", "-f", "-", given=json.dumps(used))
    assert "the stack declares Secret rotation/creds" in live.cortex("delete", "creds", "--yes", code=2)
    assert "is used by ServiceAccount user" in live.cortex("delete", "left", "--yes", code=2)
    live.kubectl("delete", "serviceaccount", "user")
    assert "is deleted" in live.cortex("delete", "left", "--yes")
    assert "left" not in live.secrets()
    assert live.entries("delete")[0]["keys"] == ["a"]


LONG_AGO = "2026-01-01T00:00:00Z"


class Scheduled:
    """Runs of the rotator, on the cluster of the rotations, when its Secret is due."""

    def __init__(self, live: Live) -> None:
        self._live = live
        self.said: list[str] = []
        self.shown: list[str] = []
        live.kubectl("annotate", "--overwrite", "secret", "creds", f"{ROTATED}={LONG_AGO}")

    def run(self, seconds: float = 60.0) -> None:
        """Rotate what is due; a run that takes longer is interrupted."""
        connection = from_kubeconfig("cortex-local", self._live.cluster.kubeconfig)
        target = Target("", load("live", self._live.folder), connection)

        async def limited() -> None:
            with anyio.move_on_after(seconds):
                await due.rotate_due(target, due.Out(self.said.append, self.shown.append))

        anyio.run(limited)

    @property
    def rotated(self) -> str:
        """The annotation of the last rotation."""
        text: str = self._live.live("secret", "creds")["metadata"]["annotations"][ROTATED]
        return text

    def journal(self) -> dict[str, str]:
        """Return the content of the journal's Secret, encoded, without the history."""
        command = ("kubectl", "get", "secret", ROTATION_JOURNAL, "--namespace", "cortex-system", "--output", "json")
        content: dict[str, str] = json.loads(self._live.cluster.run(*command).stdout).get("data") or {}
        return {key: value for key, value in content.items() if key != cluster_history.KEY}

    def history(self) -> list[dict[str, Any]]:
        """Return what `cortex secrets history` shows."""
        shown = json.loads(self._live.cortex("history", "creds", "--format", "json"))
        entries: list[dict[str, Any]] = shown["entries"]
        return entries


def test_what_is_due_is_rotated_once(live: Live) -> None:
    scheduled, before = Scheduled(live), pods(live)
    scheduled.run()
    value = live.token()
    assert re.fullmatch("[A-Za-z0-9]{40}", value)
    assert pods(live).isdisjoint(before)
    assert (scheduled.journal(), live.secrets(), live.reasons()) == ({}, {"creds"}, ["SecretRotated"])
    (entry,) = map(json.loads, scheduled.shown)
    assert scheduled.history() == [entry]
    assert (entry["outcome"], {pod["name"] for pod in entry["pods"]}) == ("rotated", pods(live))
    assert value not in "".join([*scheduled.said, *scheduled.shown])
    scheduled.run()
    assert scheduled.said[-1] == f"Secret {SPACE}/creds is not due"
    assert (live.token(), scheduled.rotated > LONG_AGO) == (value, True)


def test_the_next_run_finishes_what_was_interrupted(live: Live) -> None:
    scheduled = Scheduled(live)
    live.kubectl("rollout", "pause", "deployment/cache")
    scheduled.run(seconds=5)
    value = live.token()
    assert (value != OLD, set(scheduled.journal())) == (True, {"journal.json", "previous"})
    live.kubectl("rollout", "resume", "deployment/cache")
    scheduled.run()
    assert "which is at the stage written" in "".join(scheduled.said)
    assert (live.token(), scheduled.journal(), live.reasons()) == (value, {}, ["SecretRotated"])


def test_what_was_rolled_back_is_due_again(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    scheduled = Scheduled(live)
    monkeypatch.setattr(due, "ROLLOUT_SECONDS", 4.0)
    live.kubectl("rollout", "pause", "deployment/cache")
    with pytest.raises(RevertedError, match="the old one is back on all pods"):
        scheduled.run()
    live.kubectl("rollout", "resume", "deployment/cache")
    assert (live.token(), scheduled.rotated, scheduled.journal()) == (OLD, LONG_AGO, {})
    assert live.reasons() == ["SecretRotationReverted"]
    assert [one["outcome"] for one in scheduled.history()] == ["rolled-back"]
