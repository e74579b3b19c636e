"""Imports by command, and waits for objects that the cluster's controllers complete, under the real engine."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from provider.apply import Writer
from provider.cluster import Cluster as Objects
from provider.kinds import Kind
from provider.kubeconfig import connect
from provider.lifecycle import list_page
from provider.operation import Operation
from provider.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

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
    second = project.live("jobs/j", root="/apis/batch/v1")["metadata"]["uid"]
    assert second != first
    project.live("jobs/j", root="/apis/batch/v1", method="DELETE")
    _, output = project.up(fails=True)
    assert "pulumi refresh" not in output
    assert project.live("jobs/j", root="/apis/batch/v1")["metadata"]["uid"] not in (first, second)


def test_a_job_is_run_again_when_its_await_was_interrupted(project: Project, python: str) -> None:
    project.program(f"""
    container = {{"name": "c", "image": {python!r}, "image_pull_policy": "Never",
        "command": ["python3", "-c", "import time; time.sleep(5)"]}}
    k.batch.v1.Job("j", opts=inside,
        metadata={{"namespace": NS, "name": "j", "annotations": {{"pulumi.com/replaceUnready": "true"}}}}, spec={{
        "template": {{"spec": {{
            "restart_policy": "Never", "termination_grace_period_seconds": 0, "containers": [container]}}}}}})
    """)
    with project.start("up", "--yes", "--skip-preview") as update:
        project.wait_for("jobs/j", root="/apis/batch/v1")
        update.send_signal(signal.SIGINT)
        assert update.wait(60) != 0
    project.up()
    assert project.live("jobs/j", root="/apis/batch/v1")["status"]["succeeded"] == 1
    assert project.up()[0] == {"unchanged": 3}


def test_a_failed_job_says_what_its_pod_said(project: Project, python: str) -> None:
    program = f"""
    say = "open('/dev/termination-log', 'w').write('first line\\\\n\\\\nlast line\\\\n'); raise SystemExit(1)"
    container = {{"name": "c", "image": {python!r}, "image_pull_policy": "Never", "command": ["python3", "-c", say]}}
    k.batch.v1.Job("j", metadata={{"namespace": NS, "name": "j"}}, opts=inside, spec={{
        "backoff_limit": 0, "template": {{"spec": {{"restart_policy": "Never", "containers": [container]}}}}}})
    """
    _, output = project.up(program, fails=True)
    assert re.search(rf"Job {project.namespace}/j failed:\n\s*first line\n\s*\n\s*last line", output), output
    assert "BackoffLimitExceeded" not in output


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


_REAL = """
labels = {"app": "real"}
pod = {"containers": [{"name": "c", "image": IMAGE, "image_pull_policy": "Never"}]}
template = {"metadata": {"labels": labels}, "spec": pod}
selector = {"match_labels": labels}
def meta(name): return {"namespace": NS, "name": name}
k.core.v1.Pod("p", metadata=meta("p"), spec=pod, opts=inside)
k.apps.v1.StatefulSet("s", metadata=meta("s"), opts=inside,
    spec={"replicas": SIZE, "service_name": "s", "selector": selector, "template": template})
k.apps.v1.Deployment("d", metadata=meta("d"), opts=inside,
    spec={"replicas": SIZE, "selector": selector, "template": template})
k.apps.v1.DaemonSet("ds", metadata=meta("ds"), spec={"selector": selector, "template": template}, opts=inside)
storage = {"access_modes": ["ReadWriteOnce"], "storage_class_name": "made-by-hand"}
volume = k.core.v1.PersistentVolume("v", metadata={"name": NS},
    spec={**storage, "capacity": {"storage": "1Mi"}, "host_path": {"path": "/tmp"}})
k.core.v1.PersistentVolumeClaim("c", metadata=meta("c"), opts=inside,
    spec={**storage, "volume_name": NS, "resources": {"requests": {"storage": "1Mi"}}})
k.storage.v1.StorageClass("late", metadata={"name": NS}, provisioner="example.com/none",
    volume_binding_mode="WaitForFirstConsumer")
k.core.v1.PersistentVolumeClaim("l", metadata=meta("l"), opts=inside,
    spec={**storage, "storage_class_name": NS, "resources": {"requests": {"storage": "1Mi"}}})
"""


def test_workloads_and_claims_are_awaited_until_their_pods_run(project: Project, image: str) -> None:
    program = f"IMAGE = {image!r}\n{_REAL}"
    project.up(program.replace("SIZE", "1"))
    status = {name: project.resource(name)["outputs"]["status"] for name in ("p", "s", "d", "ds", "c", "l")}
    assert {c["status"] for c in status["p"]["conditions"] if c["type"] == "Ready"} == {"True"}
    assert status["s"]["readyReplicas"] == status["d"]["availableReplicas"] == status["ds"]["numberReady"] == 1
    assert (status["c"]["phase"], status["l"]["phase"]) == ("Bound", "Pending")
    assert project.up(program.replace("SIZE", "2"))[0]["updated"] == 2
    for name, field in (("s", "readyReplicas"), ("d", "availableReplicas")):
        assert project.resource(name)["outputs"]["status"][field] == 2


_HELD_UP = """
def workload(name, **spec):
    container = {"name": "c", "image": IMAGE, "image_pull_policy": "Never", **spec.pop("container", {})}
    labels = {"app": name}
    k.apps.v1.Deployment(name, spec={"selector": {"match_labels": labels}, "template": {"metadata": {"labels": labels},
        "spec": {"containers": [container], **spec}}}, opts=pulumi.ResourceOptions(depends_on=[quota]),
        metadata={"namespace": NS, "name": name, "annotations": {"pulumi.com/timeoutSeconds": "30"}})
quota = k.core.v1.ResourceQuota("q", metadata={"namespace": NS, "name": "small"}, opts=inside,
    spec={"hard": {"pods": "0"}, "scopes": ["BestEffort"]})
some = {"resources": {"requests": {"cpu": "1m"}}}
workload("over-quota")
workload("nowhere", container=some, node_selector={"nowhere": "true"})
workload("no-room", container={"resources": {"requests": {"cpu": WHOLE_NODE}}})
workload("unready", container={**some, "readiness_probe": {"tcp_socket": {"port": 1}, "period_seconds": 1}})
"""


def test_a_failed_await_names_quota_scheduling_and_probe(project: Project, cluster: Cluster, image: str) -> None:
    capacity = cluster.run("kubectl", "get", "nodes", "-o", "jsonpath={.items[0].status.allocatable.cpu}").stdout
    project.program(f"IMAGE, WHOLE_NODE = {image!r}, {capacity!r}\n{_HELD_UP}")
    output = project.run("up", "--yes", "--skip-preview", "--continue-on-error", fails=True)
    for words in (
        r"last warning \(ReplicaSet over-quota-\w+\): FailedCreate: .*exceeded quota: small",
        r"pod nowhere-\S+ has no node: 0/\d+ nodes are available",
        r"waiting: .*pod no-room-\S+ has no node: 0/\d+ nodes are available: .*Insufficient cpu",
        r"no-room is not ready after 30 s: .*pod no-room-\S+ has no node: .*Insufficient cpu",
        r"container c of pod unready-\S+ runs, but is not ready; last warning \(Pod unready-\S+\): Unhealthy: ",
    ):
        assert re.search(words, output), output


def test_a_job_that_is_deleted_as_soon_as_it_is_done_has_succeeded(project: Project, image: str) -> None:
    project.up(f"""
    container = {{"name": "c", "image": {image!r}, "image_pull_policy": "Never", "command": ["/pause", "--version"]}}
    k.batch.v1.Job("j", metadata={{"namespace": NS, "name": "j"}}, opts=inside, spec={{
        "ttl_seconds_after_finished": 0,
        "template": {{"spec": {{"restart_policy": "Never", "containers": [container]}}}}}})
    """)
    assert project.resource("j")["id"] == f"{project.namespace}/j"


def test_an_unreachable_or_half_discovered_cluster_loses_nothing_from_state(project: Project, cluster: Cluster) -> None:
    project.up('k.core.v1.ConfigMap("c", metadata={"namespace": NS, "name": "c"}, data={"a": "1"}, opts=inside)\n')
    before = project.state()
    content = json.loads(cluster.kubeconfig.read_text())
    content["clusters"][0]["cluster"] = {"server": "http://127.0.0.1:1"}
    dead = {"KUBECONFIG": str(project.write("dead", json.dumps(content)))}
    output = project.run("refresh", "--yes", "--skip-preview", env=dead, fails=True)
    assert "http://127.0.0.1:1 does not answer" in output
    assert "does not answer" in project.run("destroy", "--yes", "--skip-preview", env=dead, fails=True)
    with half_discovered() as server:
        content["clusters"][0]["cluster"] = {"server": server}
        half = {"KUBECONFIG": str(project.write("half", json.dumps(content)))}
        project.run("refresh", "--yes", "--skip-preview", env=half, fails=True)
    assert ids(project.state()) == ids(before)


def ids(state: str) -> list[str]:
    return [resource.get("id", "") for resource in json.loads(state)["deployment"]["resources"]]


@contextmanager
def half_discovered() -> Iterator[str]:
    """An API server that answers 404 except for its list of groups."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            groups = b'{"groups": [{"versions": [{"groupVersion": "v1"}]}]}'
            body = groups if self.path == "/apis" else b"404 page not found"
            self.send_response(200 if self.path == "/apis" else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
