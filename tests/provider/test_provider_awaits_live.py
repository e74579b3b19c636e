"""Imports by command, and the waits that end by a controller of somebody else's, under the real engine."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from provider.cluster import Cluster as Objects
from provider.kinds import Kind
from provider.kubeconfig import connect
from provider.lifecycle import list_page
from provider.settings import Settings
from provider.writing import Operation, Writer

if TYPE_CHECKING:
    from tests.conftest import Cluster
    from tests.provider.project import Project

pytestmark = pytest.mark.live


def test_the_import_command_brings_an_object_that_the_program_then_declares(project: Project) -> None:
    project.up("")
    theirs = {"metadata": {"name": "c", "labels": {"x": "1"}}, "data": {"a": "1"}}
    project.live("configmaps", method="POST", body=theirs)
    token = "kubernetes:core/v1:ConfigMap"
    project.run("import", token, "c", f"{project.namespace}/c", "--yes", "--generate-code=false", "--protect=false")
    declared = """
    k.core.v1.ConfigMap("c", metadata={"namespace": NS, "name": "c", "labels": {"x": "1"}}, data={"a": "1"})
    """
    project.program(declared)
    assert "3 unchanged" in project.run("preview")
    assert project.up()[0] == {"unchanged": 3}
    assert project.up("")[0] == {"deleted": 1, "unchanged": 2}


def test_a_failed_job_is_replaced_where_it_says_so(project: Project) -> None:
    program = """
    k.batch.v1.Job("j", opts=inside,
        metadata={"namespace": NS, "name": "j", "annotations": {"pulumi.com/replaceUnready": "true"}}, spec={
        "active_deadline_seconds": SECONDS,
        "template": {"spec": {"restart_policy": "Never", "containers": [
            {"name": "main", "image": "localhost/absent:1", "image_pull_policy": "Never"}]}},
    })
    """
    _, output = project.up(program.replace("SECONDS", "1"), fails=True)
    assert f"Job {project.namespace}/j failed: Job was active longer than specified deadline" in output
    first = project.live("jobs/j", root="/apis/batch/v1")["metadata"]["uid"]
    assert "1 to replace" in project.run("preview")
    project.up(fails=True)
    assert project.live("jobs/j", root="/apis/batch/v1")["metadata"]["uid"] != first


def test_an_ingress_waits_for_its_address_and_passes_without_its_service(project: Project) -> None:
    program = """
    backend = {"service": {"name": "absent", "port": {"number": 80}}}
    k.networking.v1.Ingress("i", metadata={"namespace": NS, "name": "i"}, opts=inside, spec={
        "rules": [{"http": {"paths": [{"path": "/", "path_type": "Prefix", "backend": backend}]}}]})
    """
    project.program(program)
    root, address = "/apis/networking.k8s.io/v1", {"loadBalancer": {"ingress": [{"ip": "10.0.0.1"}]}}
    with project.start("up", "--yes", "--skip-preview") as update:
        project.wait_for("ingresses/i", root=root)
        with pytest.raises(subprocess.TimeoutExpired):
            update.wait(3)
        project.live("ingresses/i/status", method="PATCH", root=root, body={"status": address})
        assert update.wait(60) == 0
    assert project.resource("i")["outputs"]["status"] == address


def test_the_objects_of_a_kind_are_listed_by_pages(project: Project, cluster: Cluster) -> None:
    project.up('for n in "abc": k.core.v1.Secret(n, metadata={"namespace": NS, "name": n}, opts=inside)\n')
    writer = Writer(Settings(), lambda: Objects(*connect(Settings(kubeconfig=str(cluster.kubeconfig)))))
    operation = Operation(Kind("", "v1", "Secret"), inputs={"namespace": project.namespace})
    first, token = list_page(writer, operation, 2, "")
    rest, end = list_page(writer, operation, 2, token)
    assert [ref.id for ref in (*first, *rest)] == [f"{project.namespace}/{name}" for name in "abc"]
    assert (len(first), end) == (2, "")
