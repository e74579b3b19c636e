"""What `cortex kubeconfig list` shows: each stored kubeconfig, without its credential."""

import stat
from pathlib import Path

import msgspec

from checks import private_files
from checks.errors import UsageError
from checks.formats.table import table
from checks.kubeconfigs import encryption, store
from checks.kubeconfigs.held import credential
from checks.times import rfc3339

SCHEMA = "cortex.dev/kubeconfig-list/v1"


class Stored(msgspec.Struct, frozen=True, rename="camel"):
    """A stored kubeconfig. What its file has is null if it cannot be read; `problem` says why."""

    stack: str
    sealed: bool | None
    mode: str
    """The permissions of the file, octal."""
    context: str | None = None
    server: str | None = None
    credential: str | None = None
    expires: str | None = None
    """When the credential expires, in RFC 3339, UTC; null if never, or not known."""
    rotated: bool = False
    """Whether a rotation is not confirmed yet, so that the previous kubeconfig is kept."""
    problem: str | None = None


class Stock(msgspec.Struct, frozen=True, rename="camel"):
    """The report of `cortex kubeconfig list`."""

    schema: str
    kubeconfigs: tuple[Stored, ...]


def stock() -> Stock:
    """Return what is stored."""
    return Stock(SCHEMA, tuple(map(described, store.stacks())))


def described(stack: str) -> Stored:
    """Return what is stored for a stack, as far as it can be read."""
    file = store.file_of(stack)
    mode = f"{stat.S_IMODE(file.stat().st_mode):04o}"
    rotated = store.previous_file(stack).exists()
    try:
        entry = store.read(stack)
    except UsageError as error:
        return Stored(stack, _sealed(file), mode, rotated=rotated, problem=str(error))
    found = entry.kubeconfig
    held = credential(found.user)
    expires = rfc3339(held.expires) if held.expires else None
    return Stored(stack, entry.sealed, mode, found.context, found.cluster.server, held.means.value, expires, rotated)


def _sealed(file: Path) -> bool | None:
    try:
        return encryption.is_sealed(private_files.read(file, "the stored kubeconfig", private=False))
    except UsageError:
        return None


def text(stock: Stock) -> str:
    """Return what is stored as text."""
    headings = ("STACK", "FORM", "MODE", "CONTEXT", "SERVER", "CREDENTIAL", "EXPIRES", "ROTATED")
    rows = [
        (
            one.stack,
            form(one.sealed),
            one.mode,
            one.context,
            one.server,
            one.credential,
            one.expires,
            "not confirmed" if one.rotated else "",
        )
        for one in stock.kubeconfigs
    ]
    problems = "".join(f"{one.stack}: {one.problem}\n" for one in stock.kubeconfigs if one.problem)
    return table(headings, rows) + (f"\n{problems}" if problems else "")


def form(sealed: bool | None) -> str:
    """Return the word for the form of a file."""
    return "" if sealed is None else "sealed" if sealed else "plain"
