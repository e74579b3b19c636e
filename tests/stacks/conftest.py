"""What live tests of stacks share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Cluster
from tests.stacks.admission import PREFIX, Admission

DEFINITIONS = Path(__file__).with_name("custom_resources.yaml")


@pytest.fixture(scope="session")
def custom_resources(cluster: Cluster) -> Iterator[Cluster]:
    """The run's cluster with the custom resources that a stack can declare."""
    cluster.run("kubectl", "apply", "--server-side", "-f", str(DEFINITIONS))
    cluster.run("kubectl", "wait", "--for=condition=Established", "--timeout=30s", "-f", str(DEFINITIONS))
    yield cluster
    cluster.run("kubectl", "delete", "-f", str(DEFINITIONS))


@pytest.fixture(scope="module")
def admission(custom_resources: Cluster) -> Iterator[Admission]:
    """The API server; what a test keeps there is gone after it, for it carries the stack's label."""
    yield Admission(custom_resources.kubeconfig)
    custom_resources.run("kubectl", "delete", "namespace", "--selector", PREFIX)
