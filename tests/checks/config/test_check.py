"""Each drift of ConfigMaps gives exactly its finding."""

import pytest

from tests.checks.drifts import CONFIG, Break, assert_found, codes_of, set_in
from tests.checks.world import World, declared


@pytest.fixture
def world() -> World:
    return World(declared())


DRIFTS: list[tuple[str, str, Break]] = [
    ("config.missing", "ConfigMap cortex-mcp/shared", lambda w: w.remove(*CONFIG)),
    ("config.data", "ConfigMap cortex-mcp/shared", set_in(*CONFIG, "data/level", "debug")),
    ("config.data", "ConfigMap cortex-mcp/shared", set_in(*CONFIG, "data/more", "1")),
    ("config.data", "ConfigMap cortex-mcp/shared", set_in(*CONFIG, "data/more", "")),
]


@pytest.mark.parametrize(("code", "obj", "drift"), DRIFTS, ids=[f"{n}-{d[0]}" for n, d in enumerate(DRIFTS)])
def test_drift_gives_exactly_its_finding(world: World, code: str, obj: str, drift: Break) -> None:
    assert_found(world, code, obj, drift)


def test_every_code_is_provoked() -> None:
    assert {code for code, *_ in DRIFTS} == codes_of("config")
