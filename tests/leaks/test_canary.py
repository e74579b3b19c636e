"""The search finds a secret in every encoding; otherwise the tests that look for leaks would prove nothing."""

import base64
import html
import json
import textwrap
from collections.abc import Callable
from functools import partial
from urllib.parse import quote, quote_plus, urlencode

import pytest
import yaml

from tests.leaks.canary import PIECE, canary, leaks


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _base64_after(before: int, value: str) -> str:
    return _base64("x" * before + value + "x")


def _base64_twice_after(before: int, value: str) -> str:
    return _base64(json.dumps({"x" * before: _base64(f"a:{value}")}))


def _reversed_halves(value: str) -> str:
    half = len(value) // 2
    return value[half:][::-1] + "-" + value[:half][::-1]


ONE = canary("test")
TEXTS: dict[str, tuple[str, Callable[[str], str]]] = {
    "plain": ("plain", str),
    "in a sentence": ("plain", lambda value: f"cannot use {value!s}: try another"),
    "wrapped": ("plain", lambda value: "\n".join(textwrap.wrap(value, 11))),
    "in a table": ("plain", lambda value: f"│ {value[:20]} │\n│ {value[20:]} │"),
    "reversed": ("reversed", lambda value: value[::-1]),
    "first half": ("plain", lambda value: value[: len(value) // 2]),
    "second half": ("plain", lambda value: value[len(value) // 2 :]),
    "reversed halves": ("reversed", _reversed_halves),
    "cut off": ("plain", lambda value: f"{value[:PIECE]}…"),
    "the end": ("plain", lambda value: f"…{value[-PIECE:]}"),
    "JSON": ("JSON", json.dumps),
    "JSON in UTF-8": ("JSON", lambda value: json.dumps(value, ensure_ascii=False)),
    "JSON in JSON": ("JSON in JSON", lambda value: json.dumps(json.dumps(value, ensure_ascii=False))),
    "repr": ("Python", repr),
    "bytes": ("bytes of Python", lambda value: repr(value.encode())),
    "YAML": ("plain", lambda value: yaml.safe_dump({"value": value})),
    "HTML": ("HTML", html.escape),
    "URL": ("URL", lambda value: quote(value, safe="")),
    "form": ("URL", lambda value: urlencode({"token": value})),
    "form of blanks": ("URL", quote_plus),
    "URL, every byte": ("URL, every byte", lambda value: "".join(f"%{byte:02X}" for byte in value.encode())),
    "url, every byte": ("url, every byte", lambda value: "".join(f"%{byte:02x}" for byte in value.encode())),
    "hex": ("hex", lambda value: value.encode().hex()),
    "HEX": ("HEX", lambda value: value.encode().hex().upper()),
    **{f"base64 after {before}": ("base64", partial(_base64_after, before)) for before in range(3)},
    "base64 in lines": ("base64", lambda value: base64.encodebytes(value.encode() * 4).decode()),
    "base64 for URLs": (
        "base64 for URLs",
        lambda value: base64.urlsafe_b64encode(value.encode()).decode().rstrip("="),
    ),
    **{f"base64 twice after {before}": ("base64 twice", partial(_base64_twice_after, before)) for before in range(3)},
}


@pytest.mark.parametrize("name", TEXTS)
def test_secret_is_found_in_every_form(name: str) -> None:
    form, encode = TEXTS[name]
    assert form in ONE.found(f"before {encode(ONE.value)} after")


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_without_the_secret_holds_none(name: str) -> None:
    _, encode = TEXTS[name]
    assert canary("another").found(f"before {encode(ONE.value)} after") == []


def test_fewer_characters_are_chance() -> None:
    assert ONE.found(f"{ONE.value[: PIECE - 1]} {ONE.value[-PIECE + 1 :]}") == []


def test_the_secret_itself_is_not_shown() -> None:
    assert ONE.found(repr(ONE)) == []


@pytest.mark.parametrize("form", ["hex", "base64", "base64 twice", "URL, every byte", "reversed"])
def test_each_form_is_found_by_its_own_encoding_alone(form: str) -> None:
    """The letters of a secret look the same in most encodings; in these none of them does."""
    encode = next(encode for name, (wanted, encode) in TEXTS.items() if wanted == form)
    assert "plain" not in ONE.found(encode(ONE.value))


def test_leaks_name_the_text_and_the_way_and_show_neither() -> None:
    other = canary("other")
    texts = {"log": f"token={ONE.value[:PIECE]}", "report": "nothing"}
    assert leaks([ONE, other], texts) == {"test in log": ["plain"]}
