"""Files that are written whole or not at all, and private where they hold keys."""

import os
from pathlib import Path


def write(path: Path, text: str, mode: int = 0o600) -> None:
    """Write a file so that a reader sees the old text or the new, never a part; folders are made as needed (0700)."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.unlink(missing_ok=True)  # of a process with the same id that was killed
    try:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
