"""The cache contains complete layers only."""

import hashlib
import io
from pathlib import Path

import pytest

from local.images import ImageError
from local.images.layer import Entry, write
from local.images.layer_cache import LayerCache


def test_a_half_built_layer_is_never_used(tmp_path: Path) -> None:
    cache = LayerCache(tmp_path)

    def half(part: io.RawIOBase) -> None:
        part.write(b"half")
        raise ImageError("interrupted")

    with pytest.raises(ImageError, match="interrupted"):
        cache.layer("one", "inputs", half)  # type: ignore[arg-type]
    assert not list(tmp_path.rglob("*.tar"))
    whole = cache.layer("one", "inputs", lambda part: write([Entry("a", b"whole")], part))
    assert b"whole" in whole.path.read_bytes()
    assert hashlib.sha256(whole.path.read_bytes()).hexdigest() == whole.digest
