"""The plugin under the real engine on a real cluster; each test has its own namespace and Pulumi project."""

from __future__ import annotations

import json
import re
import signal
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.provider.project import Project

pytestmark = pytest.mark.live

_DEPLOYMENT = """
k.apps.v1.Deployment("web", metadata={{"namespace": NS, "name": "web", "labels": {labels}}}, opts=inside, spec={{
    "replicas": 0,
    "selector": {{"match_labels": {{"app": "web"}}}},
    "template": {{"metadata": {{"labels": {{"app": "web"}}}}, "spec": {{"containers": [
        {{"name": "c", "image": "none", "env": {env}, "resources": {{"limits": {{"cpu": "1000m"}}}}}}]}}}},
}})
k.core.v1.Service("web", metadata={{"namespace": NS, "name": "web", "annotations": {{"pulumi.com/skipAwait": "true"}}}},
    spec={{"selector": {{"app": "web"}}, "ports": [{{"port": 80}}]}}, opts=inside)
"""


def test_second_up_changes_nothing_and_an_update_removes_what_is_no_longer_declared(project: Project) -> None:
    before = _DEPLOYMENT.format(labels={"old": "1"}, env=[{"name": "A", "value": "1"}, {"name": "B", "value": "2"}])
    counts, _ = project.up(before)
    assert counts == {"created": 4}
    counts, _ = project.up()
    assert counts == {"unchanged": 4}
    project.run("refresh", "--yes", "--skip-preview")
    # With --refresh the engine starts the plugin twice, and reports a plugin that does not stop.
    output = project.run("up", "--refresh", "--yes", "--skip-preview")
    assert "4 unchanged" in output
    assert "errored" not in output

    counts, _ = project.up(_DEPLOYMENT.format(labels={"new": "2"}, env=[{"name": "B", "value": "3"}]))
    assert counts == {"updated": 1, "unchanged": 3}
    web = project.live("deployments/web", root="/apis/apps/v1")
    assert web["metadata"]["labels"] == {"new": "2"}
    assert web["spec"]["template"]["spec"]["containers"][0]["env"] == [{"name": "B", "value": "3"}]
    ours = [f["operation"] for f in web["metadata"]["managedFields"] if f["manager"].startswith("pulumi-kubernetes")]
    assert ours == ["Apply"]


def test_replacement_deletes_a_named_object_first_and_renames_an_unnamed_one(project: Project) -> None:
    program = """
    k.core.v1.ConfigMap("named", metadata={{"namespace": NS, "name": "named"}}, data={{"a": "{value}"}}, opts=inside)
    k.core.v1.ConfigMap("free", metadata={{"namespace": NS}}, data={{"a": "{value}"}}, opts=inside)
    """
    project.up(program.format(value=1))
    old = project.resource("free")["id"]
    counts, output = project.up(program.format(value=2))
    assert counts == {"replaced": 2, "unchanged": 2}
    assert output.index("named deleting original") < output.index("named creating replacement")
    assert output.index("free creating replacement") < output.index("free deleting original")
    new = project.resource("free")["id"]
    assert new != old
    assert re.fullmatch(rf"{project.namespace}/free-[0-9a-f]{{8}}", new)
    names = {item["metadata"]["name"] for item in project.live("configmaps")["items"]}
    assert names - {"kube-root-ca.crt"} == {"named", new.partition("/")[2]}


def test_drift_is_found_by_a_refresh_put_right_and_never_taken_by_force(project: Project) -> None:
    program = """
    k.core.v1.Service("s", metadata={{"namespace": NS, "name": "s", "labels": {{"a": "1"}}, "annotations": {notes}}},
        spec={{"ports": [{{"port": 80}}], "cluster_ip": "None"}}, opts=inside)
    """
    project.up(program.format(notes={}))
    drift = {"metadata": {"labels": {"a": "2", "theirs": "3"}}}
    project.live("services/s", method="PATCH", body=drift)
    assert "1 updated" in project.run("refresh", "--yes", "--skip-preview")
    for refusal in (project.run("preview", fails=True), project.up(fails=True)[1]):
        assert ".metadata.labels.a" in refusal
        assert '"someone"' in refusal

    counts, _ = project.up(program.format(notes={"pulumi.com/patchForce": "true"}))
    assert counts == {"updated": 1, "unchanged": 2}
    assert project.live("services/s")["metadata"]["labels"] == {"a": "1", "theirs": "3"}

    project.live("services/s", method="DELETE")
    assert "1 deleted" in project.run("refresh", "--yes", "--skip-preview")
    counts, _ = project.up()
    assert counts == {"created": 1, "unchanged": 2}


def test_an_existing_object_is_refused_untouched_and_can_be_imported(project: Project) -> None:
    program = """
    k.core.v1.ServiceAccount("a", metadata={{"namespace": NS, "name": "a", "labels": {{"x": "1"}}}}, opts={options})
    """
    project.up("")
    theirs = {"metadata": {"name": "a", "labels": {"x": "1", "y": "2"}}}
    made = project.live("serviceaccounts", method="POST", body=theirs)
    _, output = project.up(program.format(options="inside"), fails=True)
    assert f"ServiceAccount {project.namespace}/a exists already" in output
    assert project.live("serviceaccounts/a")["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]

    options = f"pulumi.ResourceOptions(depends_on=[ns], import_={project.namespace + '/a'!r})"
    counts, _ = project.up(program.format(options=options))
    assert counts["imported"] == 1
    counts, _ = project.up(program.format(options="inside"))
    assert counts == {"unchanged": 3}
    assert project.live("serviceaccounts/a")["metadata"]["labels"]["y"] == "2"


def test_a_failed_await_names_the_image_and_keeps_the_object_in_state(project: Project) -> None:
    program = """
    k.apps.v1.Deployment("web", opts=inside,
        metadata={"namespace": NS, "name": "web", "annotations": {"pulumi.com/timeoutSeconds": "30"}}, spec={
        "selector": {"match_labels": {"app": "web"}},
        "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [
            {"name": "main", "image": "localhost/absent:1", "image_pull_policy": "Never"}]}},
    })
    """
    _, output = project.up(program, fails=True)
    assert f"Deployment {project.namespace}/web is not ready after 30 s" in output
    assert re.search(r"container main of pod web-\S+ waits: ErrImageNeverPull .*localhost/absent:1", output)
    assert "last warning (Pod web-" in output
    kept = project.resource("web")
    assert kept["id"] == f"{project.namespace}/web"
    assert kept["initErrors"]
    counts, _ = project.up(program.replace('"selector"', '"replicas": 0, "selector"'))
    assert counts == {"updated": 1, "unchanged": 2}
    assert "initErrors" not in project.resource("web")


def test_secrets_stay_secret_in_state_previews_and_refusals(project: Project) -> None:
    program = """
    hidden = pulumi.Output.secret({value!r})
    s = k.core.v1.Secret("s", metadata={{"namespace": NS, "name": "s"}}, string_data={{"pw": "plain-in-program"}},
        opts=inside)
    k.core.v1.ConfigMap("c", metadata={{"namespace": NS, "name": "c"}}, data={{"pw": hidden, "open": "seen"}},
        opts=inside)
    k.core.v1.ServiceAccount("a", metadata={{"namespace": NS, "name": "a", "labels": {{"l": hidden}}}}, opts=inside)
    pulumi.export("data", s.data)
    """
    project.program(program.format(value="hushed"))
    told = project.run("preview", "--diff") + project.up()[1] + project.run("refresh", "--yes") + project.state()
    for secret in ("hushed", "plain-in-program", "cGxhaW4taW4tcHJvZ3JhbQ=="):
        assert secret not in told
    assert "seen" in told
    assert project.live("configmaps/c")["data"]["pw"] == "hushed"
    counts, _ = project.up()
    assert counts == {"unchanged": 5}

    _, output = project.up(program.format(value="no label/at all"), fails=True)
    assert "no label/at all" not in output
    assert "[secret]" in output
    project.up(program.format(value="hushed"))


def test_an_interrupted_update_is_resumed_without_a_second_object(project: Project) -> None:
    program = """
    k.apps.v1.Deployment("web", metadata={"namespace": NS, "name": "web"}, opts=inside, spec={
        "replicas": 1, "selector": {"match_labels": {"app": "web"}},
        "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"node_selector": {"nowhere": "true"},
            "containers": [{"name": "main", "image": "localhost/absent:1", "image_pull_policy": "Never"}]}},
    })
    """
    project.program(program)
    with project.start("up", "--yes", "--skip-preview") as update:
        made = project.wait_for("deployments/web", root="/apis/apps/v1")
        update.send_signal(signal.SIGINT)
        assert update.wait(60) != 0
    kept = project.resource("web")
    assert kept["initErrors"]
    assert "pending_operations" not in json.loads(project.state())["deployment"]
    counts, _ = project.up(program.replace('"replicas": 1', '"replicas": 0'))
    assert counts == {"updated": 1, "unchanged": 2}
    assert project.live("deployments/web", root="/apis/apps/v1")["metadata"]["uid"] == made["metadata"]["uid"]
