"""`cortex kubeconfig import, list, seal, unseal, export, remove`: what they keep, and what they keep secret."""

import json
import os
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyrage
import pytest
import yaml

from checks.kubeconfigs import listing
from tests.checks.cli.project import Project
from tests.checks.kubeconfigs.certificates import SECRET_TOKEN, b64, kubeconfig, pair, written
from tests.checks.reports import validate

STATE = Path(".local") / "state" / "cortex" / "kubeconfig"
WITH_A_PASSPHRASE = b"""-----BEGIN AGE ENCRYPTED FILE-----
YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IHNjcnlwdCBZQkZkRmtzZE9yeFRxaDB3
VFlSQTJRIDE3ClZ4MDJySVVmMzFMcXRic0E1Q083UVhkMERFR1RFTmpPczZOUFZx
eWhqbjAKLS0tIEdmR1VJTkpTaWxMY3VrYStTVUl6RnJWL0JCQVdvUWtna0FCdlpQ
WUVBR2MKPlOeWvLM5+9/lSAn1pyIAWQNZLRcmandVth3z0LEFEinYWuUlj6dYZ6p
yxDe
-----END AGE ENCRYPTED FILE-----
"""
"""What age encrypts with a passphrase, which takes a second on purpose."""


@pytest.fixture
def source(project: Project) -> Path:
    return written(project.folder / "source", kubeconfig())


def stored(project: Project) -> Path:
    return project.folder / STATE / "test.yaml"


def mode(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


@contextmanager
def umask(mask: int) -> Iterator[None]:
    old = os.umask(mask)
    try:
        yield
    finally:
        os.umask(old)


@pytest.mark.parametrize("mask", [0o000, 0o077, 0o777])
def test_modes_under_any_umask(project: Project, source: Path, mask: int) -> None:
    with umask(mask):
        project.cortex("kubeconfig", "import", str(source), "test", code=0)
        project.cortex("kubeconfig", "unseal", "test", code=0)
    assert mode(stored(project)) == 0o600
    assert mode(stored(project).parent) == 0o700
    key = project.folder / ".config" / "cortex" / "age" / "identity.txt"
    assert (mode(key), mode(key.parent)) == (0o600, 0o700)


def test_a_stored_kubeconfig_is_encrypted_until_it_is_unsealed(project: Project, source: Path) -> None:
    _, err = project.cortex("kubeconfig", "import", str(source), "test", code=0)
    assert "made the key" in err
    assert err.endswith(f"cortex: stored {stored(project)}, encrypted\n")
    content = stored(project).read_text()
    assert content.startswith("-----BEGIN AGE ENCRYPTED FILE-----")
    project.cortex("kubeconfig", "unseal", "test", code=0)
    plain = yaml.safe_load(stored(project).read_text())
    assert plain["users"] == [{"name": "u", "user": {"token": SECRET_TOKEN}}]
    assert plain["contexts"] == [{"name": "test", "context": {"cluster": "test", "user": "u", "namespace": "n"}}]
    project.cortex("kubeconfig", "seal", "test", code=0)
    assert SECRET_TOKEN not in stored(project).read_text()
    assert [file.name for file in stored(project).parent.iterdir() if file.name != ".test.yaml.lock"] == ["test.yaml"]


def test_list_shows_no_credential(project: Project, source: Path) -> None:
    certificate = pair(days=20)
    user = {"client-certificate-data": b64(certificate.certificate), "client-key-data": b64(certificate.key)}
    written(source, kubeconfig(user=user))
    project.cortex("kubeconfig", "import", str(source), "test", "--plain", code=0)
    out, _ = project.cortex("kubeconfig", "list", code=0)
    assert out.splitlines()[1].split()[:6] == ["test", "plain", "0600", "test", "https://127.0.0.1:1", "client"]
    out, _ = project.cortex("kubeconfig", "list", "--format", "json", code=0)
    report = json.loads(out)
    validate(report, listing.SCHEMA)
    (one,) = report["kubeconfigs"]
    assert (one["sealed"], one["credential"]) == (False, "client certificate")
    assert b64(certificate.key) not in out


def test_list_says_what_cannot_be_read(project: Project, source: Path) -> None:
    project.cortex("kubeconfig", "import", str(source), "test", code=0)
    stored(project).chmod(0o644)
    out, _ = project.cortex("kubeconfig", "list", code=0)
    assert "has mode 0644, so others can read or write it: `chmod 600" in out


def test_an_export_is_restored_on_another_machine(project: Project, source: Path, tmp_path: Path) -> None:
    project.cortex("kubeconfig", "import", str(source), "test", code=0)
    backups = tmp_path / "backups"
    backups.mkdir(mode=0o755)
    for _ in range(2):
        project.cortex("kubeconfig", "export", "test", "--sealed", "--output", str(backups), code=0)
    assert mode(backups) == 0o755, "the folder of others keeps its mode"
    assert SECRET_TOKEN not in (backups / "test.yaml").read_text()
    project.cortex("kubeconfig", "remove", "test", code=0)
    identity = project.folder / ".config" / "cortex" / "age" / "identity.txt"
    other = tmp_path / "key"
    identity.rename(other)
    project.extra["XDG_STATE_HOME"] = str(tmp_path / "other")
    project.cortex("kubeconfig", "import", str(backups / "test.yaml"), "test", code=2)
    project.extra["CORTEX_AGE_IDENTITY"] = str(other)
    project.cortex("kubeconfig", "import", str(backups / "test.yaml"), "test", code=0)
    assert (tmp_path / "other" / "cortex" / "kubeconfig" / "test.yaml").exists()
    done = project.run("kubeconfig", "export", "test")
    assert yaml.safe_load(done.out)["users"][0]["user"] == {"token": SECRET_TOKEN}


def test_export_replaces_only_a_backup(project: Project, source: Path) -> None:
    project.cortex("kubeconfig", "import", str(source), "test", code=0)
    _, err = project.cortex("kubeconfig", "export", "test", "--sealed", "--output", str(source), code=2)
    assert "is not an encrypted kubeconfig" in err
    _, err = project.cortex("kubeconfig", "export", "test", "--output", str(source), code=2)
    assert "already exists" in err


def test_several_recipients_with_ssh_keys(project: Project, source: Path, tmp_path: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "ssh"], check=True)
    other = pyrage.x25519.Identity.generate()
    (tmp_path / "age").write_text(f"{other}\n")
    (tmp_path / "age").chmod(0o600)
    (tmp_path / "recipients").write_text(f"# two\n{other.to_public()}\n{(tmp_path / 'ssh.pub').read_text()}")
    project.extra["CORTEX_AGE_IDENTITY"] = str(tmp_path / "ssh")
    args = ("--recipients-file", str(tmp_path / "recipients"))
    project.cortex("kubeconfig", "import", str(source), "test", *args, code=0)
    project.extra["CORTEX_AGE_IDENTITY"] = str(tmp_path / "age")
    _, err = project.cortex("kubeconfig", "seal", "test", code=0)
    assert "is encrypted to 2 keys" in err, "it keeps its recipients"
    _, err = project.cortex("kubeconfig", "seal", "test", "--recipient", str(other.to_public()), code=0)
    assert "is encrypted to 1 key\n" in err
    project.extra["CORTEX_AGE_IDENTITY"] = str(tmp_path / "ssh")
    _, err = project.cortex("kubeconfig", "unseal", "test", code=2)
    assert "is encrypted to other keys than yours: set CORTEX_AGE_IDENTITY" in err


def test_recipients_without_oneself_are_refused(project: Project, source: Path) -> None:
    project.cortex("kubeconfig", "import", str(source), "test", code=0)
    other = str(pyrage.x25519.Identity.generate().to_public())
    _, err = project.cortex("kubeconfig", "seal", "test", "--recipient", other, code=2)
    assert "none of the recipients is yours" in err
    private = str(pyrage.x25519.Identity.generate())
    _, err = project.cortex("kubeconfig", "seal", "test", "--recipient", private, code=2)
    assert private not in err
    assert "a private key is not a public key of age" in err


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda content: content[:-200], "is damaged, or not complete"),
        (
            lambda content: content[:-200] + content[-200:-100].swapcase() + content[-100:],
            "is damaged, or not complete",
        ),
        (lambda _: b"\0\1\2", "is not a kubeconfig that can be stored"),
        (lambda _: b"", "is empty"),
    ],
)
def test_damaged_files_are_one_sentence(project: Project, source: Path, damage: object, said: str) -> None:
    project.cortex("kubeconfig", "import", str(source), "test", code=0)
    assert callable(damage)
    stored(project).write_bytes(damage(stored(project).read_bytes()))
    _, err = project.cortex("kubeconfig", "unseal", "test", code=2)
    assert said in err
    assert err.count("\n") == 1


def foreign(project: Project, content: bytes, way: str) -> bytes:
    """Encrypt what is not a kubeconfig of the user, in one of several ways."""
    if way == "passphrase":
        return WITH_A_PASSPHRASE
    if way == "others":
        return bytes(pyrage.encrypt(content, [pyrage.x25519.Identity.generate().to_public()]))
    key = project.folder / ".config" / "cortex" / "age" / "identity.txt"
    own = next(line for line in key.read_text().splitlines() if line.startswith("AGE-SECRET-KEY-"))
    contents = {
        "binary": b"very-secret\xff\0",
        "text": b"very-secret text",
        "empty": b"",
        "large": content + b"#" + b"x" * 1024 * 1024,
    }
    return bytes(pyrage.encrypt(contents[way], [pyrage.x25519.Identity.from_str(own).to_public()]))


@pytest.mark.parametrize(
    ("way", "said"),
    [
        ("others", "is encrypted to other keys than yours"),
        ("passphrase", "is encrypted to other keys than yours"),
        ("binary", "is not UTF-8"),
        ("text", "Expected `object`, got `str`"),
        ("empty", "is empty"),
        ("large", "is larger than 1 MiB"),
    ],
)
def test_foreign_encrypted_files_are_one_sentence(project: Project, source: Path, way: str, said: str) -> None:
    """Also in the store; whatever is there already stays."""
    project.cortex("kubeconfig", "import", str(source), "test", code=0)
    before = stored(project).read_bytes()
    given = project.folder / "given"
    given.write_bytes(foreign(project, source.read_bytes(), way))
    given.chmod(0o600)
    _, err = project.cortex("kubeconfig", "import", str(given), "test", "--replace", code=2)
    assert said in err
    assert err.count("\n") == 1
    assert stored(project).read_bytes() == before
    stored(project).write_bytes(given.read_bytes())
    for asked in ("unseal", "rotate"):
        _, err = project.cortex("kubeconfig", asked, "test", code=2)
        assert err.count("\n") == 1
        assert stored(project).read_bytes() == given.read_bytes()


def test_a_full_disk_keeps_the_old_one(project: Project, source: Path) -> None:
    project.cortex("kubeconfig", "import", str(source), "test", code=0)
    before = stored(project).read_bytes()
    done = project.with_small_files(100, "kubeconfig", "unseal", "test")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert f"cannot write {stored(project)}" in done.stderr
    assert stored(project).read_bytes() == before
    assert not list(stored(project).parent.glob(".*.new"))


def test_remove_and_what_is_not_there(project: Project, source: Path) -> None:
    project.cortex("kubeconfig", "import", str(source), "test", code=0)
    _, err = project.cortex("kubeconfig", "import", str(source), "test", code=2)
    assert "replace it with --replace" in err
    project.cortex("kubeconfig", "import", str(source), "test", "--replace", code=0)
    project.cortex("kubeconfig", "remove", "test", code=0)
    for missing in ("remove", "unseal", "export"):
        _, err = project.cortex("kubeconfig", missing, "test", code=2)
        assert err.startswith("cortex: no kubeconfig of stack test is stored: ")


def test_two_at_once(project: Project, source: Path) -> None:
    from checks import private_files

    project.cortex("kubeconfig", "import", str(source), "test", code=0)
    with private_files.locked(stored(project).with_name(".test.yaml.lock"), "it"):
        _, err = project.cortex("kubeconfig", "seal", "test", code=3)
    told = f"process {os.getpid()} works on the stored kubeconfig of stack test: wait for it, or end it first"
    assert err == f"cortex: {told}\n"


def test_a_plain_one_is_not_shown_on_a_terminal(project: Project, source: Path) -> None:
    from tests.checks import in_process

    project.cortex("kubeconfig", "import", str(source), "test", code=0)
    main, terminal = os.openpty()
    with os.fdopen(main), os.fdopen(terminal, "w") as out, (project.folder / "err").open("w+") as err:
        code = in_process.run_into(out, err, ["kubeconfig", "export", "test"], project.folder, project.environment())
        err.seek(0)
        assert (code, "name a file with --output" in err.read()) == (2, True)
