"""The cluster of the agent's live tests: without a node, since an agent follows objects and no pod has to run."""

from collections.abc import Iterator

import pytest

from tests.checks.agent.following import SPACE
from tests.conftest import Cluster, cluster_name, cortex, start


@pytest.fixture(scope="package")
def kwok() -> Iterator[Cluster]:
    name = cluster_name("agent")
    try:
        cluster = start(name, ["--node", "kwok"])
        for space in ("cortex-system", SPACE):
            cluster.make_namespace(space)
        yield cluster
    finally:
        cortex("local", "down", "--name", name, "--delete")
