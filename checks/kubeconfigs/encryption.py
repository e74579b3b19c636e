"""Encrypt and decrypt with age: X25519 and SSH keys, several recipients, files as `age` itself has them."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyrage

from checks import private_files
from checks.errors import UsageError

VARIABLE = "CORTEX_AGE_IDENTITY"
"""Environment variable: the files with private keys, separated as in PATH."""
_MARKS = (b"-----BEGIN AGE ENCRYPTED FILE-----", b"age-encryption.org/")


@dataclass(frozen=True)
class Key:
    """A private key, and its public key as text."""

    identity: Any = field(repr=False)
    """A key of pyrage, which is untyped."""
    public: str


def is_sealed(content: bytes) -> bool:
    """Return whether a file is encrypted with age."""
    return content.lstrip().startswith(_MARKS)


def default_file() -> Path:
    """Return the file with the private key that is used if the environment names none."""
    from platformdirs import user_config_path

    return user_config_path("cortex") / "age" / "identity.txt"


def own_keys() -> list[Key]:
    """Return the user's private keys.

    Raises:
        UsageError: a file is missing, has no key, or others can read it.
    """
    given = os.environ.get(VARIABLE, "")
    files = [Path(one).expanduser() for one in given.split(os.pathsep) if one] or [default_file()]
    return [key for file in files for key in keys_of(file)]


def require_usable() -> None:
    """Check the user's private keys, unless there are none yet and `make_key` would make one.

    Raises:
        UsageError: a file is missing, has no key, or others can read it.
    """
    if os.environ.get(VARIABLE) or default_file().exists():
        own_keys()


def make_key() -> Path | None:
    """Make a private key in the default file if the environment names no file and it does not exist; return the file.

    Raises:
        UsageError: it cannot be written.
    """
    file = default_file()
    if os.environ.get(VARIABLE) or file.exists():
        return None
    identity = pyrage.x25519.Identity.generate()
    private_files.replace(file, f"# public key: {identity.to_public()}\n{identity}\n".encode())
    return file


def recipients(given: Sequence[str], files: Sequence[Path]) -> list[str]:
    """Return the public keys that were given, and those of files.

    Raises:
        UsageError: a file cannot be read, or one is not a public key.
    """
    lines = [line.strip() for file in files for line in _text(file, "the recipients file", private=False).splitlines()]
    found = [" ".join(one.split()) for one in (*given, *lines) if one and not one.startswith("#")]
    for one in found:
        _recipient(one)
    return list(dict.fromkeys(found))


def seal(content: bytes, recipients: Sequence[str]) -> bytes:
    """Return the content, encrypted to the recipients, as text.

    Raises:
        UsageError: one of them is not a public key.
    """
    return bytes(pyrage.encrypt(content, [_recipient(one) for one in recipients], armored=True))


def unseal(sealed: bytes, what: str, known: Sequence[Key]) -> bytes:
    """Return what was encrypted; `what` names it in messages.

    Raises:
        UsageError: no private key of the user fits, or the file is damaged.
    """
    try:
        return bytes(pyrage.decrypt(sealed, [key.identity for key in known]))
    except pyrage.DecryptError as error:
        reason = str(error)
    if "No matching keys" in reason:
        raise UsageError(
            f"{what} is encrypted to other keys than yours: set {VARIABLE} to the file with the private key of one"
        )
    raise UsageError(f"{what} is damaged, or not complete: restore it from a backup")


def _recipient(text: str) -> Any:  # noqa: ANN401 - pyrage is untyped
    kind = pyrage.ssh.Recipient if text.startswith("ssh-") else pyrage.x25519.Recipient
    try:
        return kind.from_str(text)
    except pyrage.RecipientError:
        # A private key in this place must not be shown.
        shown = "a private key" if text.upper().startswith("AGE-SECRET") else repr(text[:80])
        raise UsageError(f"{shown} is not a public key of age: write age1…, ssh-ed25519 … or ssh-rsa …") from None


def keys_of(file: Path) -> list[Key]:
    """Return the private keys of a file.

    Raises:
        UsageError: it is missing, has no key, or others can read it.
    """
    text = _text(file, "the key file", private=True)
    if "PRIVATE KEY-----" in text:
        return [_ssh_key(file, text.encode())]
    if "AGE ENCRYPTED FILE" in text or "age-encryption.org" in text:
        raise UsageError(
            f"the key file {file} is encrypted with a passphrase: decrypt it into a folder in memory first"
        )
    found = []
    for line in text.splitlines():
        if line.strip().startswith("AGE-SECRET-KEY-"):
            try:
                identity = pyrage.x25519.Identity.from_str(line.strip())
            except pyrage.IdentityError:
                raise UsageError(f"the key file {file} has a damaged key: restore it from a backup") from None
            found.append(Key(identity, str(identity.to_public())))
    if not found:
        raise UsageError(
            f"the key file {file} has no private key: make one with `age-keygen -o FILE`, or use an SSH key"
        )
    return found


def _ssh_key(file: Path, content: bytes) -> Key:
    from cryptography.hazmat.primitives import serialization

    try:
        identity = pyrage.ssh.Identity.from_buffer(content)
        public = serialization.load_ssh_private_key(content, None).public_key()
    except (pyrage.IdentityError, ValueError, TypeError) as error:
        locked = "decrypted" in str(error)
        why = "is protected by a passphrase" if locked else "is neither an Ed25519 nor an RSA key"
        raise UsageError(f"the SSH key {file} {why}: use another key, or one of `age-keygen`") from None
    encoded = public.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return Key(identity, encoded.decode())


def _text(file: Path, what: str, *, private: bool) -> str:
    try:
        return private_files.read(file, what, private=private).decode("utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(f"{what} {file} is not text: name one as `age` has it") from error
