"""A secret that someone repeats is hidden in every form; the rest of the text stays."""

import pytest

from checks.hiding import Hiding
from tests.leaks.canary import Canary, canary
from tests.leaks.test_canary import ONE, TEXTS

PLAIN = canary("plain", plain=True)


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("one", [ONE, PLAIN], ids=["awkward", "plain"])
def test_secret_is_hidden_in_every_form(name: str, one: Canary) -> None:
    _, encode = TEXTS[name]
    shown = Hiding(one.value.encode()).without(f"before: {encode(one.value)}; after")
    assert one.found(shown) == []
    assert shown.startswith("before: ")
    assert shown.endswith("; after")
    assert len(shown) < 150


@pytest.mark.parametrize(
    ("secret", "text", "shown"),
    [
        (PLAIN.value, "A text of \\n its own, with 100% of <tags> &amp; (brackets)…", None),
        (PLAIN.value, "", None),
        ("", "nothing is secret", None),
        ("short", "the short one, short\\", "the [hidden] one, [hidden]\\"),
        ("correct-horse", "correct horse correct-horses", "correct horse [hidden]s"),
        ("correct-horse", "CORRECT-HORSE, horse", "[hidden], horse"),
        ("correct-horse", "token corr…", "token [hidden]…"),
        ("correct-horse", "token cor…", None),
        ("a b\\c d%41e", "of a b\\c d%41e!", "of [hidden]!"),
    ],
    ids=["ordinary", "nothing", "no-secret", "short", "other-words", "capitals", "cut-off", "too-short", "escaped"],
)
def test_only_the_secret_is_hidden(secret: str, text: str, shown: str | None) -> None:
    assert Hiding(secret.encode()).without(text) == (text if shown is None else shown)


def test_value_that_is_not_text_is_hidden() -> None:
    secret = bytes(range(120, 160))
    assert Hiding(secret).without(f"{secret!r}, {secret.hex()}.") == "b'[hidden]', [hidden]."


def test_the_secret_itself_is_not_shown() -> None:
    assert PLAIN.found(repr(Hiding(PLAIN.value.encode()))) == []
