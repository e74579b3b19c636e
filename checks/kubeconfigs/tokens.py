"""The folder of cached tokens: written by `cortex credential`, forgotten when the stored kubeconfig changes."""

import shutil
from pathlib import Path

from checks import private_files
from checks.kubeconfigs import places


def keep(stack: str, account: str, audience: str, content: bytes) -> None:
    """Keep an answer.

    Raises:
        UsageError: it cannot be written.
    """
    file = Path(places.token_file(stack, account, audience))
    private_files.close_folder(file.parent)
    private_files.replace(file, content)


def forget(stack: str) -> None:
    """Delete the cached tokens of a stack."""
    shutil.rmtree(places.tokens_folder(stack), ignore_errors=True)
