"""What tests of components share."""

import hashlib
from collections.abc import Iterator
from functools import cache

import pytest


@pytest.fixture(autouse=True, scope="module")
def _quick_checksums(request: pytest.FixtureRequest) -> Iterator[None]:
    """Compute the checksums of Secrets with few rounds, where no process computes them, too."""
    real = hashlib.scrypt

    @cache
    def quick(content: bytes, *, salt: bytes, n: int, r: int, p: int, dklen: int) -> bytes:
        return real(content, salt=salt, n=n >> 13, r=r, p=p, dklen=dklen)

    with pytest.MonkeyPatch.context() as patch:
        if not request.module.__name__.endswith("_live"):
            patch.setattr(hashlib, "scrypt", quick)
        yield
