"""Key files as `age` and SSH have them; those that cannot be used are refused in one sentence, without the key."""

import os
import subprocess
from pathlib import Path

import pyrage
import pytest

from checks.errors import UsageError
from checks.kubeconfigs import encryption

SHORT = {"rsa": ["-b", "2048"]}
"""The longer ones that are made by default take a second."""
KEY = str(pyrage.x25519.Identity.generate())


def ssh(folder: Path, kind: str, passphrase: str = "") -> Path:
    file = folder / f"ssh-{kind}"
    subprocess.run(["ssh-keygen", "-q", "-t", kind, *SHORT.get(kind, ()), "-N", passphrase, "-f", file], check=True)
    return file


def named(file: Path, content: str, mode: int = 0o600) -> Path:
    file.write_text(content)
    file.chmod(mode)
    return file


@pytest.mark.parametrize("kind", ["ed25519", "rsa"])
def test_ssh_keys_encrypt_to_themselves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    file = ssh(tmp_path, kind)
    monkeypatch.setenv(encryption.VARIABLE, str(file))
    (key,) = encryption.own_keys()
    assert file.with_suffix(".pub").read_text().startswith(key.public)
    assert encryption.unseal(encryption.seal(b"very-secret", [key.public]), "it", [key]) == b"very-secret"


def test_several_files_and_several_keys_in_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    more = str(pyrage.x25519.Identity.generate())
    files = [named(tmp_path / "a", f"# created: today\n# public key: age1\n{KEY}\n{more}\n"), ssh(tmp_path, "ed25519")]
    monkeypatch.setenv(encryption.VARIABLE, os.pathsep.join(map(str, files)))
    assert len({key.public for key in encryption.own_keys()}) == 3


def test_what_age_has_encrypted_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(encryption.VARIABLE, str(named(tmp_path / "a", KEY)))
    known = encryption.own_keys()
    binary = pyrage.encrypt(b"very-secret", [pyrage.x25519.Recipient.from_str(known[0].public)])
    assert encryption.is_sealed(binary)
    assert encryption.unseal(binary, "it", known) == b"very-secret"


@pytest.mark.parametrize(
    ("content", "mode", "said"),
    [
        (KEY, 0o640, "has mode 0640, so others can read or write it"),
        (KEY[:-3], 0o600, "has a damaged key"),
        ("# nothing\n", 0o600, "has no private key: make one with `age-keygen -o FILE`"),
        ("-----BEGIN AGE ENCRYPTED FILE-----\n", 0o600, "is encrypted with a passphrase"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\nx\n", 0o600, "is neither an Ed25519 nor an RSA key"),
    ],
    ids=["mode", "damaged", "no key", "passphrase", "another kind"],
)
def test_key_files_that_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str, mode: int, said: str
) -> None:
    monkeypatch.setenv(encryption.VARIABLE, str(named(tmp_path / "key", content, mode)))
    with pytest.raises(UsageError) as refused:
        encryption.own_keys()
    assert said in str(refused.value)
    assert KEY[:-3] not in str(refused.value)


@pytest.mark.parametrize(
    ("kind", "passphrase", "said"),
    [("ed25519", "word", "is protected by a passphrase"), ("ecdsa", "", "is neither an Ed")],
)
def test_ssh_keys_that_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, passphrase: str, said: str
) -> None:
    monkeypatch.setenv(encryption.VARIABLE, str(ssh(tmp_path, kind, passphrase)))
    with pytest.raises(UsageError, match=said):
        encryption.own_keys()


@pytest.mark.parametrize("recipient", ["age1x", "ssh-ed25519 AAAA", "ecdsa-sha2-nistp256 AAAA", "\n# recipient: age1x"])
def test_recipients_that_are_refused(recipient: str) -> None:
    with pytest.raises(UsageError, match="is not a public key of age"):
        encryption.recipients([recipient], [])
