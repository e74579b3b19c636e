"""The stack `local` under a real engine: a second `up` changes nothing."""

import re

import pytest

from tests.conftest import Cluster

pytestmark = pytest.mark.live


def test_a_second_up_changes_nothing(stack: Cluster) -> None:
    shown = stack.run("pulumi", "up", "--stack", "local", "--yes", "--skip-preview", "--color", "never").stdout
    summary = shown.rpartition("Resources:")[2].partition("Duration")[0]
    assert re.fullmatch(r"\s*\d+ unchanged\s*", summary), shown
