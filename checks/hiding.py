"""Hide a secret in a text of someone who knows it and may repeat it: as a whole, in parts, or encoded."""

import base64
import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

HIDDEN = "[hidden]"
PIECE = 8
"""So many characters of a secret in a row are hidden. Fewer can be chance."""
_SHORTEST = 4
"""Characters of the beginning of a secret that are hidden at the end of a text that was cut off."""
_BASE64_PIECE = 10
"""Characters in base64 that depend on `PIECE` characters of the secret alone, wherever these begin."""
_UNIT = re.compile(
    r"(?P<plain>[^\\%&\s│]+)"
    r"|\\+u(?P<code>[0-9a-fA-F]{4})|\\+x(?P<byte>[0-9a-fA-F]{2})|%(?P<percent>[0-9a-fA-F]{2})"
    r"|(?P<entity>&#?\w{1,8};)|(?P<nothing>[\\\s│]+)|(?P<other>.)"
)
"""Escapes of JSON, Python, URLs and HTML. Backslashes, line breaks and borders of tables can be in any text."""
_FOLD = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ-_", b"abcdefghijklmnopqrstuvwxyz+/")
"""Capital letters, and the two characters of base64 that URLs have instead of others."""


@dataclass(frozen=True)
class Hiding:
    """A secret that is hidden in texts."""

    value: bytes = field(repr=False)

    def without(self, text: str) -> str:
        """Return a text, which may have been cut off, without the secret and its parts, in whatever encoding."""
        whole = self.value.decode(errors="replace")
        text = text.replace(whole, HIDDEN) if whole else text
        for length in range(min(PIECE, len(whole)) - 1, _SHORTEST - 1, -1):
            if text.endswith(f"{whole[:length]}…"):
                text = f"{text[: -length - 1]}{HIDDEN}…"
        return _replaced(text, self._places(text)) if len(self.value) >= PIECE <= len(text) else text

    def _places(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield where the text has parts of the secret, in order."""
        decoded, starts, ends = _decoded(text)
        for length, pieces in self._pieces.items():
            for at in range(len(decoded) - length + 1):
                if decoded[at : at + length] in pieces:
                    yield starts[at], ends[at + length - 1]

    @cached_property
    def _pieces(self) -> Mapping[int, frozenset[bytes]]:
        """The parts of the secret in each encoding, by their length."""
        plain, encoded = self.value.translate(None, b"\\ \t\r\n"), [*_base64(self.value)]
        forms = {
            PIECE: [plain, plain[::-1], _decoded(self.value.decode(errors="replace"))[0]],
            2 * PIECE: [self.value.hex().encode()],
            _BASE64_PIECE: [*encoded, *(twice for once in encoded for twice in _base64(once))],
        }
        return {length: frozenset(_windows(texts, length)) for length, texts in forms.items()}


def _base64(raw: bytes) -> Iterator[bytes]:
    """Yield those characters of the three alignments that do not depend on the bytes before and after."""
    for before in range(3):
        bits = 8 * before
        yield base64.b64encode(bytes(before) + raw)[-(-bits // 6) : (bits + 8 * len(raw)) // 6]


def _windows(texts: list[bytes], length: int) -> Iterator[bytes]:
    for text in texts:
        folded = text.translate(_FOLD)
        yield from (folded[at : at + length] for at in range(len(folded) - length + 1))


def _decoded(text: str) -> tuple[bytes, list[int], list[int]]:
    """Return a text without escapes, and where the characters of each of its bytes begin and end in the text."""
    decoded, starts, ends = bytearray(), list[int](), list[int]()
    for unit in _UNIT.finditer(text):
        for start, end, raw in _units(unit):
            decoded += raw
            starts += [start] * len(raw)
            ends += [end] * len(raw)
    return bytes(decoded).translate(_FOLD), starts, ends


def _units(unit: re.Match[str]) -> Iterator[tuple[int, int, bytes]]:
    kind, (start, end) = unit.lastgroup, unit.span()
    text = unit[kind or 0]
    if kind in ("plain", "other"):
        for at, character in enumerate(text, start):
            yield at, at + 1, character.encode(errors="replace")
    elif kind == "code":
        yield start, end, chr(int(text, 16)).encode(errors="replace")
    elif kind == "entity":
        yield start, end, html.unescape(text).encode(errors="replace")
    elif kind != "nothing":
        yield start, end, bytes.fromhex(text)


def _replaced(text: str, places: Iterator[tuple[int, int]]) -> str:
    """Return a text with one mark for each row of places that overlap or touch."""
    parts, end = list[str](), 0
    for start, stop in sorted(places):
        if start > end or not parts:
            parts += [text[end:start], HIDDEN]
        end = max(end, stop)
    return "".join(parts) + text[end:]
