"""A random walk over valid declarations: each becomes the next by one `pulumi up`, on a cluster whose pods are played.

Real images and Jobs need a real node (test_second_day_live.py): there is no verifier here. What needs a world outside
is made plain: values of Secrets, roles and codes that exist. A step takes some ten seconds, so the walk is short. It is
the same until hypothesis or the constants in our code change.
"""

import json
import random
import sys
from collections import Counter
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from hypothesis import Phase, given, seed, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from stacks.manifests.build import build
from stacks.model.declaration import Declaration
from stacks.validation.validate import validate
from tests.checks.secrets.issuing import DAY, issue
from tests.conftest import Cluster
from tests.extent import EXHAUSTIVE, SEED
from tests.stacks.changing import Project
from tests.stacks.strategies import UNHURRIED, Settings, declarations

pytestmark = pytest.mark.live

STEPS = 40 if EXHAUSTIVE else 12
PREVIEWED = 3
"""One of so many steps is previewed after it, and the last: a preview costs as much as a deployment."""
# Few names, so that what one declaration has the next often has as well, but otherwise.
CALLED = st.sampled_from(["one", "two"])
PARTS = (
    "cluster",
    "namespaces",
    "existingNamespaces",
    "secrets",
    "configMaps",
    "servers",
    "workloads",
    "resourceManager",
    "kubeStateMetrics",
)


@pytest.fixture
def project(played: Cluster, tmp_path: Path) -> Project:
    return Project(played, tmp_path, ["drift"])


def drawn(count: int) -> list[Settings]:
    """Draw this many declarations."""
    found: list[Settings] = []

    @seed(SEED)
    @settings(UNHURRIED, max_examples=count + 1, database=None, phases=[Phase.generate])
    @given(stack=declarations(called=CALLED))
    def draw(stack: Settings) -> None:
        found.append(plain(stack))

    draw()
    return found[1:]  # the first is always the least one


@cache
def tls() -> dict[str, str]:
    """Return a certificate and its key, for every Secret that has to hold them."""
    now = datetime.now(UTC)
    made = issue("walk.example", begins=now - DAY, ends=now + 300 * DAY)
    return {"tls.crt": made.pem.decode(), "tls.key": made.key_pem().decode()}


def plain(stack: Settings) -> Settings:
    """Make of a drawn declaration one that a cluster without a world around it can have."""
    context = {"context": "cortex-local", "environment": "testing", "nodes": 1}
    for secret in stack["secrets"].values():
        secret.pop("rotation", None)
        made = [secret.pop("generated")] if "generated" in secret else None
        keys = made or secret.get("keys") or secret.pop("existing", None) or secret.pop("external")["keys"]
        values = tls() if secret.get("type") == "kubernetes.io/tls" else {}
        secret["keys"] = {key: {"literal": values.get(key, "{}")} for key in keys}
    for server in (*stack["servers"].values(), *stack["workloads"].values()):
        server.pop("secretEnv", None)
        server.pop("secretFiles", None)
        # The played node has none of the labels that every real one has.
        for place in ("architecture", "nodeSelector", "affinity"):
            server.pop(place, None)
        for roles in ("clusterRole", "clusterRoles"):
            server.get("kubernetes", {}).pop(roles, None)
    kept = {part: stack[part] for part in PARTS if part in stack}
    return {**kept, "cluster": {**stack["cluster"], **context}}


def mixed(chance: random.Random, now: Settings, other: Settings) -> Settings:
    """Give a valid declaration with some parts of each of two."""
    for _ in range(20):
        sources = {part: chance.choice([now, other]) for part in PARTS}
        found = {part: source[part] for part, source in sources.items() if part in source}
        try:
            declaration = Declaration.model_validate(found)
        except ValidationError:
            continue
        if found != now and not validate(declaration):
            return found
    return other


def test_any_declaration_becomes_any_other(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    now: Settings = {}
    chance = random.Random(SEED)
    covered: Counter[str] = Counter()
    for step, other in enumerate(drawn(STEPS)):
        before, now = now, mixed(chance, now, other) if now else other
        try:
            project.up(now, preview=step % PREVIEWED == 0 or step == STEPS - 1)
        except AssertionError as error:
            raise AssertionError(f"step {step} of seed {SEED}: {json.dumps([before, now])}\n{error}") from None
        covered.update(one.kind for one in build(Declaration.model_validate(now)))
    with capsys.disabled():
        sys.stdout.write(f"\n{STEPS} steps of CORTEX_TEST_SEED={SEED}; objects by kind: {dict(covered)}\n")
