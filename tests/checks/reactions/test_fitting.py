"""What handlers return is bounded and cannot control a terminal."""

from typing import Any

import pytest

from checks.reactions.fitting import MOST_CHARACTERS, MOST_LINES, fitted
from checks.reactions.reaction import Action, Reaction, Verb
from checks.results.result import Ref


def test_long_texts_and_control_characters() -> None:
    action = Action(Verb.CORDON, Ref("Node", "n"), "a test")
    found = fitted(Reaction("a\x1b[31mb\n" + "x" * 1000, ("\ud800",) * 1000, action))
    assert found
    assert found.summary.startswith("a [31mb x")
    assert len(found.summary) == MOST_CHARACTERS
    assert found.details[-2:] == (" ", f"and {1000 - MOST_LINES} more lines")
    assert found.action is action
    assert fitted(None) is None


@pytest.mark.parametrize(
    "found",
    ["text", Reaction("x", details="lines"), Reaction(1), Reaction("x", (1,)), Reaction("x", (), "cordon")],  # type: ignore[arg-type]
)
def test_what_is_of_another_type(found: Any) -> None:
    with pytest.raises(TypeError):
        fitted(found)
