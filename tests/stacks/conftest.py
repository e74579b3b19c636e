"""What live tests of stacks share."""

from collections.abc import Iterator

import pytest

from stacks.model.names import COMPONENT
from tests.conftest import DEFINITIONS, Cluster, cluster_name, cortex, start
from tests.stacks.admission import PREFIX, Admission


@pytest.fixture(scope="package")
def played() -> Iterator[Cluster]:
    """A cluster whose pods are played, with an empty stack `local`; what a test has deployed, the next one replaces."""
    name = cluster_name("played")
    try:
        cluster = start(name, ["--node", "kwok"])
        cluster.run("kubectl", "apply", "--server-side", "-f", str(DEFINITIONS))
        cluster.run("kubectl", "wait", "--for=condition=Established", "--timeout=60s", "-f", str(DEFINITIONS))
        cluster.run("pulumi", "stack", "select", "--create", "local")
        yield cluster
    finally:
        cortex("local", "down", "--name", name, "--delete")


@pytest.fixture(scope="module")
def admission(custom_resources: Cluster) -> Iterator[Admission]:
    """The API server; what a test keeps there is gone after it, for it carries the stack's label."""
    yield Admission(custom_resources.kubeconfig)
    custom_resources.run("kubectl", "delete", "namespace", "--selector", PREFIX)
    # Accounts are kept, and a declaration can have some in an existing namespace.
    custom_resources.run("kubectl", "delete", "serviceaccount", "--namespace", "default", "--selector", COMPONENT)
