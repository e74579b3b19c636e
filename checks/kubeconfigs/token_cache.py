"""The tokens that `cortex credential` has got, as it answers them, until shortly before they expire.

A file has one line with the time until which the token may be given out (seconds since 1970) and the version of the
stored kubeconfig that it was got with, and then the answer. As `places`, this module imports nothing that takes time.
"""

import os
import time

from checks.kubeconfigs.places import stored_file, token_file

_ACCOUNT, _AUDIENCE = "--account=", "--audience="


def answer(arguments: list[str]) -> str | None:
    """Return the cached answer to `cortex credential` with these arguments; None if it has to be made.

    Arguments are known only in the form in which `cortex kubeconfig exec` writes them.
    """
    if not arguments or not all(one.startswith((_ACCOUNT, _AUDIENCE)) for one in arguments[1:]):
        return None
    given = dict(one.split("=", 1) for one in arguments[1:])
    if "--account" not in given:
        return None
    return cached(arguments[0], given["--account"], given.get("--audience", ""))


def cached(stack: str, account: str, audience: str) -> str | None:
    """Return the answer with a cached token; None if there is none that is still valid."""
    if "/" in stack or stack.startswith("."):
        return None
    try:
        handle = os.open(token_file(stack, account, audience), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    with open(handle, encoding="utf-8") as opened:
        # What others can read or write is not used.
        found = os.fstat(handle)
        if found.st_mode & 0o077 or found.st_uid != os.getuid():
            return None
        head, _, text = opened.read().partition("\n")
    until, _, made_with = head.partition(" ")
    usable = until.isdecimal() and time.time() < int(until) and made_with == version(stack)
    return text if usable else None


def version(stack: str) -> str:
    """Return what changes when the stored kubeconfig of a stack is replaced; empty if there is none."""
    try:
        found = os.stat(stored_file(stack))
    except OSError:
        return ""
    return f"{found.st_ino}-{found.st_mtime_ns}"


def content(made_with: str, until: int, text: str) -> bytes:
    """Return the content of the file of a token."""
    return f"{until} {made_with}\n{text}".encode()
