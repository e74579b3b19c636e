"""The error class of this package."""

import errno
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from local.errors import LocalError


class ImageError(LocalError):
    """An image cannot be built; the message is one sentence with the cause and the way out."""


@contextmanager
def disk_errors(cache: Path) -> Generator[None]:
    """Turn errors of the cache's disk into an ImageError."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise ImageError(
                f"the disk of {cache} is full: free some space (the images need 2 GB), then run the same command again"
            ) from error
        place = error.filename or cache
        raise ImageError(f"images cannot be built: {place}: {error.strerror}: check the folder {cache}") from error
