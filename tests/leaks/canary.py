"""A secret that a test knows, and a search for it in whatever form a text may hold it."""

import base64
import html
import json
import re
import secrets
import string
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from urllib.parse import quote

PIECE = 8
"""So many characters of a secret in a row are a leak. Fewer can be chance."""
_AWKWARD = "\"\\&<é%/'"
_WRAPPING = re.compile(r"[\s│]+")


def _of_bytes(template: str) -> Callable[[bytes], Iterator[str]]:
    def encode(raw: bytes) -> Iterator[str]:
        yield "".join(template.format(byte) for byte in raw)

    return encode


def _of_text(encode: Callable[[str], str]) -> Callable[[bytes], Iterator[str]]:
    def encode_bytes(raw: bytes) -> Iterator[str]:
        yield encode(raw.decode())

    return encode_bytes


def _base64(raw: bytes) -> Iterator[str]:
    """Yield those characters of the three alignments that do not depend on the bytes before and after."""
    for before in range(3):
        bits = 8 * before
        whole = base64.b64encode(bytes(before) + raw).decode()
        yield whole[-(-bits // 6) : (bits + 8 * len(raw)) // 6]


def _base64_twice(raw: bytes) -> Iterator[str]:
    for once in _base64(raw):
        yield from _base64(once.encode())


def _urlsafe(raw: bytes) -> Iterator[str]:
    for encoded in _base64(raw):
        yield encoded.replace("+", "-").replace("/", "_")


_FORMS: Mapping[str, Callable[[bytes], Iterator[str]]] = {
    "plain": _of_text(str),
    "reversed": _of_text(lambda text: text[::-1]),
    "JSON": _of_text(lambda text: json.dumps(text, ensure_ascii=False)[1:-1]),
    "JSON in ASCII": _of_text(lambda text: json.dumps(text)[1:-1]),
    "JSON as Go writes it": _of_text(
        lambda text: re.sub("[<>&]", lambda one: f"\\u{ord(one[0]):04x}", json.dumps(text, ensure_ascii=False)[1:-1])
    ),
    "JSON in JSON": _of_text(lambda text: json.dumps(json.dumps(text, ensure_ascii=False)[1:-1])[1:-1]),
    # With both quotes at the end, Python escapes the single one, as it does in a whole secret that has both.
    "Python": _of_text(lambda text: repr(f"{text}\"'")[1:-4]),
    "bytes of Python": _of_text(lambda text: repr(f"{text}\"'".encode())[2:-4]),
    "HTML": _of_text(html.escape),
    "URL": _of_text(lambda text: quote(text, safe="")),
    "URL path": _of_text(quote),
    "URL, every byte": _of_bytes("%{:02X}"),
    "url, every byte": _of_bytes("%{:02x}"),
    "hex": _of_bytes("{:02x}"),
    "HEX": _of_bytes("{:02X}"),
    "base64": _base64,
    "base64 for URLs": _urlsafe,
    "base64 twice": _base64_twice,
}
"""Form → what it makes of a piece of the secret."""


@lru_cache(maxsize=1)
def _unwrapped(text: str) -> str:
    """Return a text without line breaks, blanks and borders; several secrets are looked for in one text."""
    return _WRAPPING.sub("", text)


@dataclass(frozen=True)
class Canary:
    """A random secret that came in by a way, which names it."""

    way: str
    value: str = field(repr=False)
    """Its length is a multiple of `PIECE`."""

    @cached_property
    def _needles(self) -> Mapping[str, str]:
        pieces = [self.value[at : at + PIECE] for at in range(0, len(self.value), PIECE)]
        return {
            needle: form
            for form, encode in reversed([*_FORMS.items()])
            for piece in pieces
            for needle in encode(piece.encode())
        }

    def found(self, text: str) -> list[str]:
        """Return the forms in which a text holds the secret or 8 characters of it, also across line breaks."""
        text = _unwrapped(text)
        return sorted({form for needle, form in self._needles.items() if needle in text})


def canary(way: str, *, plain: bool = False) -> Canary:
    """Return a new secret; unless it is plain, most encodings change characters in its middle."""
    middle = "".join(map("".join, zip(_word(len(_AWKWARD)), _AWKWARD, strict=True))) + f"???~{_word(4)}"
    return Canary(way, _word(2 * PIECE) + ("" if plain else middle) + _word(2 * PIECE))


def _word(length: int) -> str:
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(length))


def leaks(canaries: Iterable[Canary], texts: Mapping[str, str]) -> Mapping[str, list[str]]:
    """Return which of these texts hold which of these secrets, and in what forms; never the text itself."""
    found = {f"{one.way} in {name}": one.found(text) for name, text in texts.items() for one in canaries}
    return {where: forms for where, forms in found.items() if forms}
