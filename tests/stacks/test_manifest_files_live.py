"""Manifests taken as they are, and a server with rules of its own: deployed, changed, drifted and removed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Cluster
from tests.stacks.changing import Project

pytestmark = pytest.mark.live

FILE = "extra.yaml"
DEFINITION = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: mice.example.test}
spec:
  group: example.test
  scope: Namespaced
  names: {kind: Mouse, plural: mice}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              properties: {tail: {type: integer}, color: {type: string, default: grey}}
"""
OBJECTS = """
apiVersion: v1
kind: ConfigMap
metadata: {name: extra, namespace: cortex-mcp}
data: {level: LEVEL}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
  namespace: cortex-mcp
  # The embedded cluster has no Ingress controller, which would give it an address.
  annotations: {pulumi.com/skipAwait: "true"}
spec:
  rules:
    - host: time.test
      http:
        paths:
          - {path: /, pathType: Prefix, backend: {service: {name: time-mcp-server, port: {number: 8080}}}}
"""
MOUSE = """
apiVersion: example.test/v1
kind: Mouse
metadata: {name: jerry, namespace: cortex-mcp}
spec: {tail: TAIL}
"""
ACCESS = {
    "clusterRoles": ["view", "system:discovery"],
    "rules": [{"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get", "patch"]}],
    "clusterRules": [
        {"resources": ["nodes"], "verbs": ["get", "list"]},
        {"nonResourceURLs": ["/metrics"], "verbs": ["get"]},
    ],
    "namespaces": ["cortex-mcp", "cortex-workers"],
}


@pytest.fixture
def project(stack: Cluster, tmp_path: Path) -> Iterator[Project]:
    project = Project(stack, tmp_path)
    yield project
    project.restore()


def write(project: Project, level: str, tail: str) -> None:
    documents = [DEFINITION, MOUSE.replace("TAIL", tail), OBJECTS.replace("LEVEL", level)]
    project.write(FILE, "---".join(documents))


def test_manifests_are_deployed_changed_verified_and_removed(project: Project) -> None:
    settings = project.declared()
    settings["manifests"] = [FILE]
    settings["servers"]["kubernetes"]["kubernetes"] = ACCESS
    write(project, "info", "1")
    project.up(settings)
    mouse = ("mice.example.test", "jerry", "--namespace", "cortex-mcp")
    assert project.live(*mouse)["spec"] == {"tail": 1, "color": "grey"}

    project.run("kubectl", "patch", *mouse, "--type=merge", "--patch", '{"spec": {"tail": 9}}')
    assert "Mouse cortex-mcp/jerry" in project.refused("cortex", "verify", "--read-only", "--only", "objects", "local")

    write(project, "debug", "2")
    project.up(settings)
    assert project.live(*mouse)["spec"]["tail"] == 2
    assert project.live("configmap", "extra", "--namespace", "cortex-mcp")["data"] == {"level": "debug"}

    project.up(project.declared())
    assert "extra" not in project.names("configmaps", "cortex-mcp")
    assert "mice.example.test" not in project.names("customresourcedefinitions")
