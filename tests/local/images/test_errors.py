"""Errors of the disk are reported in one sentence."""

import errno
import os
from pathlib import Path

import pytest

from local.images import ImageError
from local.images.errors import disk_errors


@pytest.mark.parametrize(
    ("number", "told"), [(errno.ENOSPC, "is full: free some space"), (errno.EACCES, "Permission denied")]
)
def test_disk_errors_are_one_sentence(tmp_path: Path, number: int, told: str) -> None:
    with pytest.raises(ImageError, match=told), disk_errors(tmp_path):
        raise OSError(number, os.strerror(number))
