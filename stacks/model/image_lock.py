"""Untagged images. A lock file supplies the tags of images that are built here: hashes of their content."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

LOCK_VARIABLE = "CORTEX_IMAGES"
"""Environment variable: path of a JSON object, image name → full reference. `cortex local env` sets it."""


def is_untagged(image: str) -> bool:
    """Check whether a reference has neither a tag nor a digest."""
    return "@" not in image and ":" not in image.rpartition("/")[2]


def is_fixed(image: str) -> bool:
    """Check whether a reference has a digest, or a tag other than `latest`."""
    return "@" in image or not (is_untagged(image) or image.endswith(":latest"))


def read_lock(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the content of the lock file that the environment names; empty if it names none.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is not a JSON object of strings.
    """
    path = environ.get(LOCK_VARIABLE)
    if not path:
        return {}
    lock = json.loads(Path(path).read_text(encoding="utf-8"))
    if not isinstance(lock, dict) or not all(isinstance(v, str) for v in lock.values()):
        raise ValueError("it must be a JSON object of image name to reference")
    return lock
