"""The store: one kubeconfig for each stack, encrypted with age, or as it is if the user wants that."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from checks import private_files
from checks.errors import UsageError
from checks.kubeconfigs import encryption, places
from checks.kubeconfigs.document import Kubeconfig, parse
from checks.kubeconfigs.tokens import forget


@dataclass(frozen=True)
class Entry:
    """A stored kubeconfig."""

    kubeconfig: Kubeconfig
    sealed: bool


def _require_stack(stack: str) -> None:
    if not re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99}", stack):
        raise UsageError(f"{stack!r} is not a stack name: use up to 100 letters, digits, '-', '_' and '.'")


def file_of(stack: str) -> Path:
    """Return the file of a stack, which need not exist.

    Raises:
        UsageError: this is not the name of a stack.
    """
    _require_stack(stack)
    return Path(places.stored_file(stack))


def previous_file(stack: str) -> Path:
    """Return the file with the kubeconfig that a rotation has replaced, which need not exist."""
    file = file_of(stack)
    return file.parent / "previous" / file.name


def stacks() -> list[str]:
    """Return the stacks that have a stored kubeconfig."""
    folder = Path(places.store_folder())
    return sorted(file.stem for file in folder.glob("*.yaml") if not file.name.startswith("."))


def read(stack: str) -> Entry:
    """Return the stored kubeconfig of a stack. Only its file is read.

    Raises:
        UsageError: there is none, others can read it, or it cannot be decrypted.
    """
    file = file_of(stack)
    if not file.exists():
        raise UsageError(
            f"no kubeconfig of stack {stack} is stored: `cortex kubeconfig import FILE {stack}` stores one"
        )
    return opened(private_files.read(file, "the stored kubeconfig"), f"the stored kubeconfig {file}")


def opened(content: bytes, what: str) -> Entry:
    """Return a kubeconfig in the form of the store.

    Raises:
        UsageError: it cannot be decrypted, or is not a kubeconfig.
    """
    sealed = encryption.is_sealed(content)
    plain = encryption.unseal(content, what, encryption.own_keys()) if sealed else content
    return Entry(parse(plain, what), sealed)


def as_plain(kubeconfig: Kubeconfig) -> Kubeconfig:
    """Return a kubeconfig without recipients, which is stored as it is."""
    return msgspec.structs.replace(kubeconfig, recipients=())


def write(stack: str, kubeconfig: Kubeconfig) -> None:
    """Store the kubeconfig of a stack, encrypted if it has recipients; the old one is kept if that fails.

    Raises:
        UsageError: it cannot be written, or not be decrypted again.
    """
    file = file_of(stack)
    if not kubeconfig.recipients:
        private_files.require_no_work_tree(file, "the plain kubeconfig")
    content = encoded(kubeconfig)
    private_files.close_folder(file.parent)
    private_files.replace(file, content)
    forget(stack)


def encoded(kubeconfig: Kubeconfig) -> bytes:
    """Return the content of the file of a kubeconfig.

    Raises:
        UsageError: no key of the user could decrypt it again.
    """
    plain = kubeconfig.text().encode()
    if not kubeconfig.recipients:
        return plain
    if not {key.public for key in encryption.own_keys()} & set(map(_bare, kubeconfig.recipients)):
        raise UsageError("none of the recipients is yours, so you could not read it again: add your public key")
    return encryption.seal(plain, kubeconfig.recipients)


def _bare(recipient: str) -> str:
    """Return a public key without its comment."""
    return " ".join(recipient.split()[:2])


def with_recipients(kubeconfig: Kubeconfig, given: list[str]) -> Kubeconfig:
    """Return a kubeconfig that is encrypted to the given recipients; without any, to the user's own keys.

    Raises:
        UsageError: the user has no key.
    """
    if not given:
        if made := encryption.make_key():
            sys.stderr.write(f"cortex: made the key {made}: keep a copy in another place\n")
        given = [key.public for key in encryption.own_keys()]
    return msgspec.structs.replace(kubeconfig, recipients=tuple(given))


def require_confirmed(stack: str) -> None:
    """Check that no rotation of the stack is left to confirm: the form of the old kubeconfig would not change.

    Raises:
        UsageError: there is one.
    """
    if previous_file(stack).exists():
        raise UsageError(
            f"the last rotation of stack {stack} is not confirmed: `cortex kubeconfig rotate {stack} --confirm` "
            "deletes the old credential, and --undo takes it back"
        )


def remove(stack: str) -> None:
    """Delete the stored kubeconfig of a stack, the previous one, and its cached tokens.

    Raises:
        UsageError: there is none.
    """
    file = file_of(stack)
    if not file.exists():
        raise UsageError(f"no kubeconfig of stack {stack} is stored: `cortex kubeconfig list` shows which are")
    file.unlink()
    previous_file(stack).unlink(missing_ok=True)
    forget(stack)


@contextmanager
def locked(stack: str) -> Iterator[None]:
    """Exclude other processes that change the kubeconfig of a stack.

    Raises:
        UncheckedError: another process does.
    """
    file = file_of(stack)
    with private_files.locked(file.with_name(f".{file.name}.lock"), f"the stored kubeconfig of stack {stack}"):
        yield
