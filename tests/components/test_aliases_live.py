"""Components renamed, moved and split under a real engine: with aliases nothing live is touched."""

import json
import re
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from textwrap import dedent

import pytest

from tests.conftest import Cluster

pytestmark = pytest.mark.live

HEADER = """
import pulumi
from pulumi import Alias, ResourceOptions
from pulumi_kubernetes.core.v1 import ConfigMap
from components.config import DeclaredConfigMap, DeclaredConfigMapArgs
from components.namespace import ManagedNamespace, ManagedNamespaceArgs
from stacks.manifests.config import config_map
from stacks.manifests.namespace import namespace_manifests
from stacks.model.config_map import ConfigMap as Declared
from stacks.model.declaration import Cluster
from stacks.model.namespace import Namespace

DECLARED = Namespace(component="test", description="Aliases")
CLUSTER = Cluster(context="test", environment="testing")
SPACE = ManagedNamespaceArgs(namespace_manifests(NS, DECLARED, CLUSTER), protect=False)
DATA = {"LEVEL": "info"}

def settings(name, opts, old=None):
    metadata = {"name": name, "namespace": NS, "labels": {"cortex.dev/component": "test"}}
    return ConfigMap(old or name, metadata=metadata, data=DATA, opts=opts)
"""
BEFORE = """
namespace = ManagedNamespace(NS, SPACE)
inside = ResourceOptions(depends_on=[namespace])
manifest = config_map("settings", Declared(namespace=NS, data=DATA), "test")
DeclaredConfigMap("settings", DeclaredConfigMapArgs([manifest]), inside)

class Pair(pulumi.ComponentResource):
    def __init__(self, name, opts):
        super().__init__("cortex:kubernetes:Pair", name, None, opts)
        settings("one", ResourceOptions(parent=self))
        settings("other", ResourceOptions(parent=self))

Pair("pair", inside)
"""
# A real component moves below another, a second one gets another type and name, a third loses a child to a fourth.
AFTER = """
class Group(pulumi.ComponentResource):
    def __init__(self, name):
        super().__init__("cortex:kubernetes:Group", name)

group = Group("group")
namespace = ManagedNamespace(NS, SPACE, ResourceOptions(parent=group{moved}))
inside = ResourceOptions(depends_on=[namespace])

class Shared(pulumi.ComponentResource):
    def __init__(self, name, opts):
        super().__init__("cortex:kubernetes:Shared", name, None, opts)
        settings("settings", ResourceOptions(parent=self{renamed_child}), old="shared-settings")

Shared("shared", ResourceOptions.merge(inside, ResourceOptions({renamed})))

class Pair(pulumi.ComponentResource):
    def __init__(self, name, opts):
        super().__init__("cortex:kubernetes:Pair", name, None, opts)
        settings("one", ResourceOptions(parent=self))

class Single(pulumi.ComponentResource):
    def __init__(self, name, pair, opts):
        super().__init__("cortex:kubernetes:Single", name, None, opts)
        settings("other", ResourceOptions(parent=self{split}))

pair = Pair("pair", inside)
Single("single", pair, inside)
"""
ALIASES = {
    "moved": ", aliases=[Alias(parent=pulumi.ROOT_STACK_RESOURCE)]",
    "renamed": 'aliases=[Alias(type_="cortex:kubernetes:ConfigMap", name="settings")]',
    "renamed_child": ', aliases=[Alias(name="settings")]',
    "split": ", aliases=[Alias(parent=pair)]",
}
WITH = AFTER.format_map(ALIASES)
WITHOUT = AFTER.format_map(dict.fromkeys(ALIASES, ""))


class Project:
    """A Pulumi project of one stack, whose namespace is its own."""

    def __init__(self, cluster: Cluster, folder: Path) -> None:
        self.namespace = f"aliases-{uuid.uuid4().hex[:8]}"
        self._folder = folder
        self._there = Cluster(cluster.name, cluster.env, folder)
        (folder / "Pulumi.yaml").write_text("name: aliases\nruntime: python\n")
        self.run("stack", "init", self.namespace)

    def run(self, *arguments: str) -> str:
        return self._there.run("pulumi", *arguments, "--non-interactive", "--color", "never").stdout

    def program(self, body: str) -> None:
        (self._folder / "__main__.py").write_text(f"NS = {self.namespace!r}\n{HEADER}{dedent(body)}")

    def planned(self) -> Mapping[str, str]:
        """Give what a preview would do to each object, by its URN; components are not live."""
        steps = json.loads(self.run("preview", "--json"))["steps"]
        return {s["urn"]: s["op"] for s in steps if s["urn"].rpartition("$")[2].startswith("kubernetes:")}

    def up(self) -> Mapping[str, int]:
        summary = self.run("up", "--yes", "--skip-preview").rpartition("Resources:")[2].partition("Duration")[0]
        return {what: int(count) for count, what in re.findall(r"(\d+) (\w+)", summary)}

    def live(self) -> set[str]:
        """Name the objects in the namespace, each with the uid that no second object would have."""
        kinds = "configmaps,resourcequotas,limitranges,networkpolicies"
        form = r"jsonpath={range .items[*]}{.kind}/{.metadata.name}={.metadata.uid}{'\n'}{end}"
        return set(self._there.run("kubectl", "get", kinds, "-n", self.namespace, "-o", form).stdout.split())


@pytest.fixture
def project(cluster: Cluster, tmp_path: Path) -> Iterator[Project]:
    project = Project(cluster, tmp_path)
    yield project
    project.run("destroy", "--yes", "--skip-preview")
    project.run("stack", "rm", project.namespace, "--yes")


def test_with_aliases_nothing_is_made_anew(project: Project, cluster: Cluster) -> None:
    project.program(BEFORE)
    project.up()
    cluster.wait_for_namespace(project.namespace)
    before = project.live()
    assert len(before) == 8  # three ConfigMaps and that of Kubernetes, quota, limits, two policies

    project.program(WITHOUT)
    assert {"create", "delete"} <= set(project.planned().values())

    project.program(WITH)
    assert project.planned() == {}
    counts = project.up()
    assert counts.keys() & {"deleted", "replaced", "updated"} == set(), counts
    assert counts["created"] == 2  # the components that are new
    assert project.live() == before
    assert project.up().keys() == {"unchanged"}
