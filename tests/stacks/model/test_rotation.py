"""Rotation on a schedule: intervals, generated values, and what a declaration says of them."""

import pytest

from stacks.model.declaration import Declaration
from stacks.model.owner import SERVERS, Owner
from stacks.model.rotation import ALPHABETS, Generator, characters, days, hours
from tests.checks.world import SETTINGS, declared

ROTATOR = {"image": "registry.test/cortex:1"}


def rotated(**settings: object) -> Declaration:
    """Give a stack with a server that reads a generated Secret."""
    secret = {"namespace": "cortex-mcp", "generated": "key", "rotation": {"every": "90d"}, **settings}
    servers = {"time": {**SETTINGS["servers"]["time"], "secrets": [{"name": "made", "env": {"KEY": "key"}}]}}
    return declared(servers=servers, secrets={"made": secret}, rotator=ROTATOR)


@pytest.mark.parametrize(
    ("interval", "in_hours", "in_days"), [("90d", 2160, 90), ("12h", 12, 1), ("25h", 25, 2), ("0d", 0, 0), ("", 0, 0)]
)
def test_an_interval_has_hours_and_whole_days(interval: str, in_hours: int, in_days: int) -> None:
    assert (hours(interval), days(interval)) == (in_hours, in_days)


@pytest.mark.parametrize("alphabet", [*ALPHABETS, "xyz!"])
def test_a_value_has_its_length_and_characters(alphabet: str) -> None:
    one, other = (Generator(length=64, alphabet=alphabet).value() for _ in range(2))
    assert len(one) == 64
    assert set(one) <= set(characters(alphabet))
    assert one != other


def test_an_overdue_rotation_is_reported_unless_another_age_is_declared() -> None:
    assert rotated().secrets["made"].rotate_after_days == 90
    assert rotated(rotation={"every": "36h"}).secrets["made"].rotate_after_days == 2
    assert rotated(rotateAfterDays=7).secrets["made"].rotate_after_days == 7


def test_a_deployed_declaration_is_the_same() -> None:
    declaration = rotated()
    assert Declaration.model_validate_json(declaration.canonical()) == declaration


def test_what_is_not_used_is_not_in_the_declaration() -> None:
    text = declared().canonical()
    assert "rotator" not in text
    assert '"rotation"' not in text
    assert "generated" not in text


def test_a_rotation_has_its_readers() -> None:
    assert rotated().rotations() == {"made": (Owner(SERVERS, "time"),)}
    assert declared().rotations() == {}


def test_the_only_key_is_rotated_unless_one_is_chosen() -> None:
    assert rotated().secrets["made"].rotated_key() == "key"
    several = {"namespace": "cortex-mcp", "existing": ["a", "b"], "rotation": {"every": "1d", "key": "b"}}
    assert declared(secrets={"made": several}, rotator=ROTATOR).secrets["made"].rotated_key() == "b"
