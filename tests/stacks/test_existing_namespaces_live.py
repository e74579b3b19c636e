"""A server in a namespace that the stack does not own, beside neighbours that are nobody's business."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Cluster
from tests.stacks.changing import Project

pytestmark = pytest.mark.live

NEIGHBOURS = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: broken, namespace: default}
spec:
  selector: {matchLabels: {app: broken}}
  template:
    metadata: {labels: {app: broken}}
    spec: {containers: [{name: broken, image: registry.test/is-not-there:1}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: theirs, namespace: default}
spec: {podSelector: {matchLabels: {app: broken}}, policyTypes: [Ingress, Egress]}
"""


@pytest.fixture
def project(stack: Cluster, tmp_path: Path) -> Iterator[Project]:
    project = Project(stack, tmp_path, ("verify",))
    stack.run("kubectl", "apply", "-f", "-", given=NEIGHBOURS)
    yield project
    stack.run("kubectl", "delete", "-f", "-", given=NEIGHBOURS)
    project.restore()


def test_a_server_comes_to_default_and_leaves_it_again(project: Project) -> None:
    settings = project.declared()
    settings["existingNamespaces"] = ["default"]
    settings["servers"]["time"].update(namespace="default", secrets=[{"name": "theirs", "env": {"THEIRS": "token"}}])
    literal = {"name": "creds", "keys": {"token": {"literal": "a-literal"}}}
    settings["servers"]["time"]["kubernetes"] = {"everywhere": True}
    settings["namespaces"]["cortex-workers"].update(quota=None, limits=None)
    settings["secrets"] = {
        "ours": {"namespace": "cortex-mcp", **literal},
        "theirs": {"namespace": "default", **literal},
    }
    settings["servers"]["kubernetes"]["secrets"] = [{"name": "ours", "env": {"OURS": "token"}}]
    project.up(settings)
    assert project.names("deployments", "default") == {"broken", "time-mcp-server"}
    assert project.names("resourcequotas", "default") == project.names("limitranges", "default") == set()
    assert project.names("networkpolicies", "default") == {"theirs", "time-mcp-server"}
    assert project.names("resourcequotas", "cortex-workers") == set()
    assert "cortex.dev/component" not in project.live("namespace", "default")["metadata"]["labels"]

    project.run("kubectl", "create", "configmap", "leftover")
    project.run("kubectl", "label", "configmap", "leftover", "cortex.dev/component=mcp-server")
    found = project.refused("cortex", "verify", "--read-only", "local")
    assert "ConfigMap default/leftover" in found
    assert "object.undeclared" in found
    assert "broken" not in found
    project.run("kubectl", "delete", "configmap", "leftover")

    project.up(project.declared())
    assert project.names("deployments", "default") == {"broken"}
    assert project.names("networkpolicies", "default") == {"theirs"}
