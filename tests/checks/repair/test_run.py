"""A whole repair against an API server that changes, refuses or goes away meanwhile."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from functools import partial

import anyio
import pytest

from checks.errors import UsageError
from checks.kube.connection import Connection
from checks.repair import settling
from checks.repair.actions import Action, Because, Left, Outcome, Report, Verb
from checks.repair.run import Repair, carry_out, lasting, prepare
from checks.results.result import Ref, Selection, Severity
from checks.target import Target
from tests.checks.fake_api import Answer, FakeApi, serve, status
from tests.checks.world import Json, World, declared

pytestmark = pytest.mark.usefixtures("patient")

MCP = "cortex-mcp"
SHARED = f"/api/v1/namespaces/{MCP}/configmaps/shared"
ROWS = ("namespaces", "network", "config", "objects")
"""Those that have something to say here; each takes its time."""
OPEN = f"/apis/networking.k8s.io/v1/namespaces/{MCP}/networkpolicies/open"
QUOTA = f"/api/v1/namespaces/{MCP}/resourcequotas/{MCP}-quota"


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeApi]:
    monkeypatch.setattr(settling, "WATCHED_SECONDS", 0.0)
    monkeypatch.setattr(settling, "SETTLED_SECONDS", 0.2)
    monkeypatch.setattr(settling, "_PAUSE_SECONDS", 0.01)
    settings = {"shared": {"namespace": MCP, "data": {"level": "info"}}}
    with serve(World(declared(servers={}, configMaps=settings))) as api:
        shared(api)["data"].update({"more": "very-secret", "other": "2"})
        quota = api.world.one("resourcequotas", MCP)
        quota["spec"]["hard"]["services"] = "5"
        quota["status"]["hard"]["services"] = "5"
        api.world.add("networkpolicies", MCP, {"metadata": {"name": "open"}, "spec": {}})
        yield api


def shared(api: FakeApi) -> Json:
    return api.world.one("configmaps", MCP, "shared")


def prepared(api: FakeApi, results: tuple[str, ...] = ROWS, obj: str | None = None) -> Repair:
    target = Target("test", api.world.declaration, Connection("test", api.url))
    return anyio.run(prepare, target, Selection(checks=results), obj)


def repaired(api: FakeApi, before_writing: Callable[[], object] = lambda: None) -> Report:
    """Plan, let something happen, and carry the plan out."""
    repair = prepared(api)
    before_writing()
    return anyio.run(carry_out, repair)


def outcomes(report: Report) -> dict[str, Outcome]:
    return {
        str(action.object.name) + (f" {action.field}" if action.field else ""): action.outcome
        for action in report.actions
    }


DONE = {
    "shared data.more": Outcome.DONE,
    "shared data.other": Outcome.DONE,
    "open": Outcome.DONE,
    f"{MCP}-quota spec.hard.services": Outcome.DONE,
}


def left_errors(report: Report) -> list[tuple[str, Because]]:
    # The ConfigMap is used by nobody here, which is a warning of its own.
    return [(entry.code, entry.because) for entry in report.left if entry.code != "config.unused"]


def test_all_is_put_right(api: FakeApi) -> None:
    report = repaired(api)
    assert outcomes(report) == DONE
    assert shared(api)["data"] == {"level": "info"}
    assert api.deleted == [OPEN]
    assert (left_errors(report), report.exit_code) == ([], 0)
    assert b"very-secret" not in json.dumps(str(report)).encode()


def test_writes_are_pulumis_for_the_next_deployment(api: FakeApi) -> None:
    repaired(api)
    assert {query["fieldManager"] for _, query, _ in api.patched} == {"pulumi-kubernetes-repair"}


def test_a_value_that_changed_meanwhile_stays_and_the_others_go(api: FakeApi) -> None:
    def change() -> None:
        shared(api)["data"]["more"] = "newer"
        shared(api)["metadata"]["resourceVersion"] = "2"

    report = repaired(api, change)
    assert outcomes(report) == {**DONE, "shared data.more": Outcome.CHANGED}
    assert shared(api)["data"] == {"level": "info", "more": "newer"}
    (changed,) = [action for action in report.actions if action.outcome is Outcome.CHANGED]
    assert changed.message == "changed meanwhile: run cortex repair again"
    assert report.exit_code == 1


def test_what_somebody_else_put_right_meanwhile_counts_as_put_right(api: FakeApi) -> None:
    def mend() -> None:
        del shared(api)["data"]["more"]
        shared(api)["metadata"]["resourceVersion"] = "2"
        api.world.remove("networkpolicies", MCP, "open")

    report = repaired(api, mend)
    assert outcomes(report) == {**DONE, "shared data.more": Outcome.GONE, "open": Outcome.GONE}
    assert report.exit_code == 0


def test_an_object_that_changed_meanwhile_is_not_deleted(api: FakeApi) -> None:
    def change() -> None:
        policy = api.world.one("networkpolicies", MCP, "open")
        policy["spec"] = {"podSelector": {}}
        policy["metadata"]["resourceVersion"] = "2"

    report = repaired(api, change)
    assert outcomes(report) == {**DONE, "open": Outcome.CHANGED}
    assert api.deleted == []
    assert report.exit_code == 1


def test_a_new_status_keeps_no_object_from_being_deleted(api: FakeApi) -> None:
    def change() -> None:
        policy = api.world.one("networkpolicies", MCP, "open")
        policy["status"] = {"seen": True}
        policy["metadata"]["resourceVersion"] = "2"

    assert outcomes(repaired(api, change)) == DONE


def test_another_object_of_the_name_is_not_deleted(api: FakeApi) -> None:
    def change() -> None:
        api.world.one("networkpolicies", MCP, "open")["metadata"].update(uid="another", resourceVersion="2")

    assert outcomes(repaired(api, change)) == {**DONE, "open": Outcome.CHANGED}


def test_what_the_api_server_refuses_is_said(api: FakeApi) -> None:
    api.faults[SHARED] = [Answer(status=0)]

    def refuse(path: str) -> None:
        if path == SHARED:
            api.faults[SHARED] = [status(422, "ConfigMap is immutable")]

    api.on_write = refuse
    api.on_request = lambda path: api.faults.pop(path, None)
    report = repaired(api)
    assert outcomes(report)["shared data.more"] is Outcome.FAILED
    assert "ConfigMap is immutable" in report.actions[0].message
    assert report.exit_code == 1


def test_a_missing_right_changes_nothing(api: FakeApi) -> None:
    api.denied = {("patch", "configmaps"), ("delete", "networkpolicies")}
    report = repaired(api)
    assert [(right.verb, right.resource, right.namespace) for right in report.missing] == [
        ("delete", "networkpolicies.networking.k8s.io", MCP),
        ("patch", "configmaps", MCP),
    ]
    assert (api.patched, api.deleted, report.exit_code) == ([], [], 3)


def test_an_api_server_that_goes_away_leaves_the_rest_and_a_second_run_resumes(api: FakeApi) -> None:
    def go_away(path: str) -> None:
        if path == OPEN:
            api.faults[OPEN] = [Answer(drop=True)]

    api.on_write = go_away
    report = repaired(api)
    assert outcomes(report) == {
        **DONE,
        "open": Outcome.UNKNOWN,
        f"{MCP}-quota spec.hard.services": Outcome.NOT_DONE,
    }
    assert report.exit_code == 3
    api.faults.clear()
    api.on_write = lambda path: None
    again = repaired(api)
    assert outcomes(again) == {"open": Outcome.DONE, f"{MCP}-quota spec.hard.services": Outcome.DONE}
    assert again.exit_code == 0


def test_a_writer_that_sets_a_field_again_is_named_and_not_fought(api: FakeApi) -> None:
    def write_again(path: str) -> None:
        obj = shared(api)
        if path.endswith("/configmaps") and "more" not in obj["data"]:
            obj["data"]["more"] = "very-secret"
            entry = {"manager": "writer", "time": "2026-01-01T12:00:00Z", "fieldsV1": {"f:data": {"f:more": {}}}}
            obj["metadata"]["managedFields"].append(entry)

    repair = prepared(api)
    api.on_request = write_again
    report = anyio.run(carry_out, repair)
    assert outcomes(report) == {**DONE, "shared data.more": Outcome.BACK}
    (back,) = [action for action in report.actions if action.outcome is Outcome.BACK]
    assert back.message.startswith("writer at 2026-01-01T12:00:00Z set it again: stop that writer")
    assert (len([path for path, _, _ in api.patched if path == SHARED]), report.exit_code) == (1, 1)


def test_an_object_that_is_made_again_is_said(api: FakeApi) -> None:
    def make_again(path: str) -> None:
        policies = api.world.objects["networkpolicies", MCP]
        if path.endswith("/networkpolicies") and all(one["metadata"]["name"] != "open" for one in policies):
            entry = {"manager": "operator", "time": "2026-01-01T12:00:00Z", "fieldsV1": {}}
            meta = {"name": "open", "uid": "new", "managedFields": [entry], "creationTimestamp": entry["time"]}
            api.world.add("networkpolicies", MCP, {"metadata": meta, "spec": {}})

    repair = prepared(api)
    api.on_request = make_again
    report = anyio.run(carry_out, repair)
    (back,) = [action for action in report.actions if action.outcome is Outcome.BACK]
    assert back.message.startswith("operator at 2026-01-01T12:00:00Z created it again")


def test_what_is_found_afterwards_is_left(api: FakeApi) -> None:
    repair = prepared(api)
    api.world.one("resourcequotas", MCP)["spec"]["hard"]["pods"] = "7"
    report = anyio.run(carry_out, repair)
    assert ("quota.hard", Because.PULUMI) in left_errors(report)
    assert report.exit_code == 1


def test_the_rollout_of_a_repaired_object_is_waited_for() -> None:
    repaired, other = Ref("Deployment", "time", MCP), Ref("Deployment", "talos", MCP)
    left = [
        Left(code, Severity.ERROR, ref, "", Because.PERSON, "")
        for code in ("server.rollout", "server.unavailable")
        for ref in (repaired, other)
    ]
    done = [Action(Verb.REMOVE, repaired, "spec.x", None, None, None, ("server.spec",), Outcome.DONE)]
    assert lasting(left, done) == {
        ("server.rollout", other),
        ("server.unavailable", repaired),
        ("server.unavailable", other),
    }


@pytest.mark.parametrize("obj", [f"NetworkPolicy {MCP}/open", f"NetworkPolicy/{MCP}/open"])
def test_one_object_alone(api: FakeApi, obj: str) -> None:
    report = anyio.run(carry_out, prepared(api, obj=obj))
    assert outcomes(report) == {"open": Outcome.DONE}
    assert (api.patched, report.exit_code) == ([], 0)


def test_one_row_alone(api: FakeApi) -> None:
    assert [str(step.object) for step in prepared(api, results=("objects",)).plan.steps] == [
        f"NetworkPolicy {MCP}/open"
    ]


def test_an_object_as_declared_has_nothing_to_repair(api: FakeApi) -> None:
    repair = prepared(api, obj=f"NetworkPolicy {MCP}/default-deny")
    assert (repair.plan.steps, repair.planned(dry_run=True).exit_code) == ((), 0)


@pytest.mark.parametrize("obj", ["open", "NetworkPolicy open", f"networkpolicy {MCP}/open", ""])
def test_a_wrong_object_is_refused_with_those_that_there_are(api: FakeApi, obj: str) -> None:
    with pytest.raises(UsageError, match=f"KIND NAMESPACE/NAME.*NetworkPolicy {MCP}/open") as error:
        prepared(api, obj=obj)
    assert "\n" not in str(error.value)


def test_an_unreachable_server_is_unknown(api: FakeApi) -> None:
    target = Target("test", api.world.declaration, Connection("test", "http://127.0.0.1:1"))
    repair = anyio.run(partial(prepare, target, Selection(), None))
    assert repair.plan.steps == ()
    assert repair.planned(dry_run=True).exit_code == 3


def test_an_interrupt_says_what_is_written_and_a_second_run_resumes(api: FakeApi) -> None:
    def interrupt(path: str) -> None:
        if path == OPEN:
            api.faults[OPEN] = [Answer(hang=True)]
            for _ in range(2):
                os.kill(os.getpid(), signal.SIGINT)

    api.on_write = interrupt
    report = repaired(api)
    assert outcomes(report) == {**DONE, "open": Outcome.UNKNOWN, f"{MCP}-quota spec.hard.services": Outcome.NOT_DONE}
    said = [action.message for action in report.actions if action.message]
    assert said == [
        "interrupted before the API server answered: run cortex repair again",
        "interrupted: run cortex repair again",
    ]
    assert report.exit_code == 130
    api.faults.clear()
    api.on_write = lambda path: None
    again = repaired(api)
    assert outcomes(again) == {"open": Outcome.DONE, f"{MCP}-quota spec.hard.services": Outcome.DONE}


def test_what_admission_sets_again_is_nobodys_and_its_webhooks_are_named(api: FakeApi) -> None:
    def set_again(path: str) -> None:
        if path == SHARED:
            shared(api)["data"].setdefault("more", "very-secret")

    rules = [{"apiGroups": [""], "resources": ["configmaps"]}]
    for name, asked in (("adds-data", rules), ("other", [{"apiGroups": ["apps"], "resources": ["*"]}])):
        api.world.add("mutatingwebhookconfigurations", "", {"metadata": {"name": name}, "webhooks": [{"rules": asked}]})
    repair = prepared(api)
    api.on_request = set_again
    report = anyio.run(carry_out, repair)
    (back,) = [action for action in report.actions if action.outcome is Outcome.BACK]
    assert "look at MutatingWebhookConfiguration adds-data, and exclude the object from it" in back.message
