"""The deployed stack with secrets that the live tests of this folder share, on a cluster whose pods are played."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from tests.conftest import QUICK_ENGINE, engine_log, played_stack
from tests.leaks import seeding
from tests.leaks.sampling import sampled
from tests.leaks.seeding import UP, Deployed
from tests.stacks.changing import Project

LOGGED = ("-v=9", "--logtostderr", "--logflow", "--debug")


@pytest.fixture(scope="session")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """The stack as its first update left it, with all that was seen of that."""
    with played_stack("leaks") as cluster:
        engine_log(cluster).unlink()
        env = {name: value for name, value in cluster.env.items() if name not in QUICK_ENGINE}
        project = Project(replace(cluster, env=env), tmp_path_factory.mktemp("leaks"), ["drift"])
        canaries = seeding.seeded()
        seeding.declare(project, canaries)
        with ThreadPoolExecutor() as beside, sampled(os.getpid()) as sample:
            others = beside.submit(seeding.make_others, cluster, canaries)
            done = project.there.run(*UP, *LOGGED, check=False)
        assert done.returncode == 0, done.stdout[-4000:]
        others.result()
        yield Deployed(project, canaries, done.stdout, done.stderr, sample)
