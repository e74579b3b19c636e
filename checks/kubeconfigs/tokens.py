"""The folder of cached tokens: written by `cortex credential`, forgotten when the stored kubeconfig changes."""

import shutil
from pathlib import Path

from checks.kubeconfigs import places, private_files, token_cache


def keep(stack: str, account: str, audience: str, until: int, text: str) -> None:
    """Keep an answer until that time (seconds since 1970).

    Raises:
        UsageError: it cannot be written.
    """
    file = Path(places.token_file(stack, account, audience))
    private_files.replace(file, token_cache.content(stack, until, text))


def forget(stack: str) -> None:
    """Delete the cached tokens of a stack."""
    shutil.rmtree(places.tokens_folder(stack), ignore_errors=True)
