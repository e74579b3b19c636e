"""A stack that lives: each declaration becomes the next by one `pulumi up`, and is then as declared."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import Cluster
from tests.stacks.changing import Project
from tests.stacks.strategies import Settings

pytestmark = pytest.mark.live

SHARED = "a-shared-secret"


@pytest.fixture
def project(stack: Cluster, custom_resources: Cluster, tmp_path: Path) -> Iterator[Project]:
    project = Project(stack, tmp_path)
    yield project
    project.restore()


def shared(settings: Settings, source: Settings) -> None:
    """Declare a Secret from this source, and let the server `clock` read it."""
    settings["secrets"] = {SHARED: {"namespace": "cortex-mcp", **source}}
    settings["servers"]["clock"]["secrets"] = [{"name": SHARED, "env": {"SHARED": "token"}}]


def moved(settings: Settings) -> None:
    """Another namespace, another name, another scope and token, a new namespace and a new Secret."""
    servers = settings["servers"]
    servers["kubernetes"]["namespace"] = "cortex-workers"
    servers["clock"] = {**servers.pop("time"), "transport": "stdio", "capabilities": {"time": ["get_current_time"]}}
    settings["resourceManager"] = {"scope": "cluster", "token": "legacy", "execIn": ["cortex-mcp"]}
    settings["namespaces"]["cortex-extra"] = {"component": "extra", "description": "More"}
    settings["suppressions"] = [{"code": "secret.unused", "reason": "a test", "until": "2999-01-01"}]
    shared(settings, {"keys": {"token": {"literal": "first"}}})


def changed(settings: Settings) -> None:
    """Port, arguments, version, number and config of pods; a namespace under them; who provides a Secret; alerts."""
    moved(settings)
    settings["cluster"]["customResources"] = ["PrometheusRule", "ServiceMonitor"]
    settings["kubeStateMetrics"].update(namespace="cortex-workers", alerts={}, serviceMonitor=True)
    settings["suppressions"] = []
    settings["resourceManager"] = {}
    port = ["--port=9090", "--read-only", "--stateless"]
    settings["servers"]["kubernetes"].update(port=9090, args=port, version="0.0.68", replicas=1)
    clock = settings["servers"]["clock"]
    clock.update(autoscaling={"minReplicas": 2, "maxReplicas": 3}, config={"other.yaml": "a: 1\n"})
    del clock["secretEnv"]
    quota, limits = {"pods": 40}, {"default": {"cpu": "300m", "memory": "300Mi"}}
    space = {"component": "mcp", "description": "Others", "podSecurity": "baseline", "quota": quota, "limits": limits}
    settings["namespaces"]["cortex-mcp"] = space
    shared(settings, {"existing": ["token"]})


def removed(settings: Settings) -> None:
    """Namespaces, the resource manager, metrics and alerts, the autoscaler, the verifier and the agent are gone."""
    changed(settings)
    for part in ("resourceManager", "kubeStateMetrics", "verifier", "agent"):
        del settings[part]
    for space in ("cortex-extra", "cortex-data"):
        del settings["namespaces"][space]
    del settings["servers"]["kubernetes"]
    clock = settings["servers"]["clock"]
    del clock["autoscaling"]
    clock["replicas"] = 1
    shared(settings, {"keys": {"token": {"literal": "second"}}})


def test_any_declaration_becomes_the_next_by_one_up(project: Project) -> None:
    def deploy(change: Callable[[Settings], None]) -> Settings:
        settings = project.declared()
        change(settings)
        project.up(settings)
        return project.live("secret", SHARED, "--namespace", "cortex-mcp")

    first = deploy(moved)
    assert project.names("deployments", "cortex-workers") == {"kubernetes-mcp-server"}
    assert project.names("deployments", "cortex-mcp") == {"clock-mcp-server"}

    handed_over = deploy(changed)
    assert (handed_over["metadata"]["uid"], handed_over["data"]) == (first["metadata"]["uid"], first["data"])
    # The autoscaler's own number, which the next declaration takes back although the autoscaler wants more.
    project.run("kubectl", "scale", "--namespace", "cortex-mcp", "deployment/clock-mcp-server", "--replicas=3")

    taken_back = deploy(removed)
    assert taken_back["metadata"]["uid"] == first["metadata"]["uid"]
    assert taken_back["data"] != first["data"]
    assert project.names("horizontalpodautoscalers", "cortex-mcp") == set()
    assert project.live("deployment", "clock-mcp-server", "-n", "cortex-mcp")["spec"]["replicas"] == 1
    assert project.names("namespaces").isdisjoint({"cortex-extra", "cortex-data"})

    project.up(project.declared())
    assert project.names("deployments", "cortex-mcp") == {"kubernetes-mcp-server", "time-mcp-server"}
    assert SHARED not in project.names("secrets", "cortex-mcp")


def test_a_move_that_failed_has_a_way_back(project: Project) -> None:
    """The deployment's verification fails before its deletes, for a cause that has nothing to do with it."""
    settings = project.declared()
    settings["servers"]["kubernetes"]["namespace"] = "cortex-workers"
    project.run("kubectl", "create", "namespace", "cortex-stray")
    try:
        with pytest.raises(AssertionError, match=r"Namespace cortex-stray: .*namespace\.undeclared"):
            project.up(settings)
    finally:
        project.run("kubectl", "delete", "namespace", "cortex-stray")
    project.up(project.declared())
    assert project.names("deployments", "cortex-mcp") == {"kubernetes-mcp-server", "time-mcp-server"}
    assert project.names("deployments", "cortex-workers") == set()
