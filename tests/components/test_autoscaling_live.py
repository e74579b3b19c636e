"""The number of pods of an autoscaled Deployment under a real engine: one to begin with, then the autoscaler's."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Cluster
from tests.provider.project import Project

pytestmark = pytest.mark.live

DEPLOYMENTS = """
from components.children import Children
from stacks.manifests.manifest import Manifest

def deployment(name, fixed, initial):
    labels = {{"app": name}}
    pod = {{"containers": [{{"name": "c", "image": "registry.invalid/none:1"}}]}}
    template = {{"metadata": {{"labels": labels}}, "spec": pod}}
    spec = {{"selector": {{"matchLabels": labels}}, "template": template, **fixed}}
    unawaited = {{"pulumi.com/skipAwait": "true"}}
    children.register(Manifest("apps/v1", "Deployment", name, NS, {{}}, unawaited, {{"spec": spec}}, initial))

children = Children(pulumi.ComponentResource("test:index:Group", "group", None, inside))
deployment("known", {known})
{more}
"""
AUTOSCALED = "{}, {'spec.replicas': 2}"


@pytest.fixture
def project(cluster: Cluster, tmp_path: Path) -> Iterator[Project]:
    project = Project(cluster, tmp_path)
    yield project
    project.run("destroy", "--yes", "--skip-preview")
    project.run("stack", "rm", "live", "--yes")


def program(known: str, more: str = "") -> str:
    return DEPLOYMENTS.format(known=known, more=more)


def scale(project: Project, name: str, method: str = "GET", body: object = None) -> int:
    """Give the number of pods that are wanted, or set it as an autoscaler does."""
    found = project.live(f"deployments/{name}/scale", method=method, root="/apis/apps/v1", body=body)
    return int(found["spec"]["replicas"])


def test_autoscaling_takes_over_the_number_that_is_there(project: Project) -> None:
    project.up(program("{'replicas': 3}, {}"))
    project.up(program(AUTOSCALED))
    assert scale(project, "known") == 3

    assert scale(project, "known", "PATCH", {"spec": {"replicas": 4}}) == 4
    counts, _ = project.up(program(AUTOSCALED, f"deployment('new', {AUTOSCALED})"))
    assert (scale(project, "known"), scale(project, "new")) == (4, 2)
    assert counts.keys() == {"created", "unchanged"}, counts
