"""What live tests of stacks share."""

from collections.abc import Iterator

import pytest

from stacks.model.names import COMPONENT
from tests.conftest import Cluster, played_stack
from tests.stacks.admission import PREFIX, Admission


@pytest.fixture(scope="package")
def played() -> Iterator[Cluster]:
    """A cluster whose pods are played, with an empty stack `local`; what a test has deployed, the next one replaces."""
    with played_stack("played") as cluster:
        yield cluster


@pytest.fixture(scope="module")
def admission(custom_resources: Cluster) -> Iterator[Admission]:
    """The API server; what a test keeps there is gone after it, for it carries the stack's label."""
    yield Admission(custom_resources.kubeconfig)
    custom_resources.run("kubectl", "delete", "namespace", "--selector", PREFIX)
    # Accounts are kept, and a declaration can have some in an existing namespace.
    custom_resources.run("kubectl", "delete", "serviceaccount", "--namespace", "default", "--selector", COMPONENT)
