"""Read the file that `cortex kubeconfig import` gets."""

import sys
from pathlib import Path

import msgspec

from checks import private_files
from checks.errors import UsageError
from checks.kubeconfigs import encryption
from checks.kubeconfigs.document import Kubeconfig, parse
from checks.kubeconfigs.source import checked

STDIN = Path("-")


def read(file: Path, context: str | None, stored_as: str | None, *, plugins: list[str], insecure: bool) -> Kubeconfig:
    """Return a context of a file, by default the only one, under the name `stored_as`; `-` is standard input.

    The file may be encrypted with age, as an exported one is: then it keeps its recipients.

    Raises:
        UsageError: the file cannot be read or decrypted, others can read it, it is in a git work tree, or what is in it
            is wrong or not allowed.
    """
    what = "standard input" if file == STDIN else f"the kubeconfig {file}"
    content = _content(file)
    if encryption.is_sealed(content):
        content = encryption.unseal(content, what, encryption.own_keys())
    elif file != STDIN:
        private_files.require_private(file, file.stat(), "the kubeconfig")
        private_files.require_no_work_tree(file, "the kubeconfig")
    found = checked(parse(content, what, context), what, file.parent, plugins=plugins, insecure=insecure)
    return msgspec.structs.replace(found, context=stored_as) if stored_as else found


def _content(file: Path) -> bytes:
    if file != STDIN:
        return private_files.read(file, "the kubeconfig", private=False)
    if sys.stdin.isatty():
        raise UsageError("standard input is a terminal: name a file, or use a pipe")
    content = sys.stdin.buffer.read(private_files.LONGEST_BYTES + 1)
    if len(content) > private_files.LONGEST_BYTES:
        raise UsageError("standard input is larger than 1 MiB: it is not a kubeconfig")
    return content
