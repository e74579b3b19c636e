"""Texts of a cluster cannot control a terminal, turn the direction of writing, or make new lines."""

import pytest

from checks.plain_text import brief, clean, enumerated, shortened

CONTROLS = [
    *"\x00\x07\x08\t\n\r\x1b\x7f\x85\x9b",
    *"\u061c\u200b\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
    *"\ud800\udfff\ufeff\ufffe\uffff",
]


@pytest.mark.parametrize("character", CONTROLS, ids=[f"U+{ord(character):04X}" for character in CONTROLS])
def test_control_characters_become_spaces(character: str) -> None:
    assert clean(f"a{character}b") == "a b"


def test_other_characters_stay() -> None:
    text = "Zeit für Tests: 時間 عربي 🙂 “x”"
    assert clean(text) == text


def test_long_texts_end_in_an_ellipsis() -> None:
    assert shortened("x" * 200) == "x" * 200
    assert shortened("x" * 201) == "x" * 199 + "…"
    assert brief("two\n  lines " + "x" * 300) == "two lines " + "x" * 189 + "…"


def test_many_names_are_counted() -> None:
    assert enumerated(["a", "b"], 2) == "a, b"
    assert enumerated(iter("abcd"), 2) == "a, b and 2 more"
    assert enumerated([], 2) == ""
