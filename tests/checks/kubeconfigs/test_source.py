"""What is wrong or unsafe in a kubeconfig is refused in one sentence; what it refers to is embedded."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.checks.cli.project import Project
from tests.checks.kubeconfigs.certificates import SECRET_TOKEN, b64, kubeconfig, pair, written

PAIR, EXPIRED, OTHER = pair(), pair(days=-1), pair()
PLUGIN = {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "aws", "interactiveMode": "Never"}}
SERVER = "https://127.0.0.1:1"


def of_pair(certificate: bytes, key: bytes) -> dict[str, Any]:
    return {"client-certificate-data": b64(certificate), "client-key-data": b64(key)}


def twice(kind: str) -> dict[str, Any]:
    made = kubeconfig()
    made[kind] += made[kind]
    return made


def without(kind: str) -> dict[str, Any]:
    return {**kubeconfig(), kind: []}


CASES: list[tuple[str, Any, str]] = [
    ("missing-context", without("contexts"), "has no context 'test': it has none; choose another with --context"),
    ("missing-user", without("users"), "has no user 'u': it has none: add the user"),
    ("missing-cluster", without("clusters"), "has no cluster 'c': it has none: add the cluster"),
    ("two-contexts", twice("contexts"), "has 2 contexts of the name 'test': remove all but one"),
    ("two-users", twice("users"), "has 2 users of the name 'u'"),
    ("expired", kubeconfig(user=of_pair(EXPIRED.certificate, EXPIRED.key)), "the client certificate of"),
    ("other-key", kubeconfig(user=of_pair(PAIR.certificate, OTHER.key)), "does not belong to its client certificate"),
    ("no-key", kubeconfig(user={"client-certificate-data": b64(PAIR.certificate)}), "without its key"),
    ("not-base64", kubeconfig(user={**of_pair(PAIR.certificate, b""), "client-key-data": "A"}), "is not base64"),
    ("not-pem", kubeconfig(user=of_pair(b"x", b"y")), "is not a PEM certificate"),
    ("gone", kubeconfig(user={"client-certificate": "gone.crt", "client-key": "gone.key"}), "gone.crt: No such file"),
    ("expired-authority", kubeconfig({"server": SERVER, "certificate-authority-data": b64(EXPIRED.certificate)}),
     "the certificate authority of"),
    ("insecure", kubeconfig({"server": SERVER, "insecure-skip-tls-verify": True}), "allow it with --allow-insecure"),
    ("clear", kubeconfig({"server": "http://127.0.0.1:1"}), "connects without TLS"),
    ("no-scheme", kubeconfig({"server": "127.0.0.1"}), "write https://HOST:PORT"),
    ("plugin", kubeconfig(user=PLUGIN), "runs the program 'aws' for its credential: allow it by name with"),
    ("relative-plugin", kubeconfig(user={"exec": {**PLUGIN["exec"], "command": "./aws"}}), "write its absolute path"),
    ("nobody", kubeconfig(user={}), "has no credential"),
    ("token-file", kubeconfig(user={"tokenFile": "/t"}), "has a tokenFile"),
    ("impersonation", kubeconfig(user={"token": SECRET_TOKEN, "as": "root"}), "unknown field `as`"),
    ("number", kubeconfig(user={"token": 5}), "Expected `str | null`, got `int`"),
    ("tab", "clusters:\n\t- name: c\n", "not valid YAML at line 2"),
    ("list", "[1]", "Expected `object`, got `array`"),
    ("empty", "\n", "is empty"),
    ("key-twice", "users: []\nusers: []\n", "'users' is written twice"),
    ("deep", "[\n" * 5000, "is not a kubeconfig"),
    ("two-clusters", twice("clusters"), "has 2 clusters of the name 'c'"),
    ("large", f"{yaml.safe_dump(kubeconfig())}#{'x' * 1024 * 1024}", "is larger than 1 MiB"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "said"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_refused(project: Project, content: Any, said: str) -> None:
    file = written(project.folder / "source", content)
    _, err = project.cortex("kubeconfig", "import", str(file), "test", code=2)
    assert said in err
    assert err.count("\n") == 1
    assert not (project.folder / ".local").exists()


def imported(project: Project, *args: str) -> dict[str, Any]:
    """Store it, and return what is stored."""
    done = project.run("kubeconfig", "import", *args)
    assert done.code == 0, done.err
    found: dict[str, Any] = yaml.safe_load(project.run("kubeconfig", "export", "test").out)
    return found


def test_what_is_allowed_is_stored(project: Project) -> None:
    cluster = {"server": "http://127.0.0.1:1", "insecure-skip-tls-verify": True}
    file = written(project.folder / "source", kubeconfig(cluster, PLUGIN))
    found = imported(project, str(file), "test", "--allow-exec", "aws", "--allow-insecure")
    assert found["users"][0]["user"] == PLUGIN
    assert found["clusters"][0]["cluster"] == cluster


def test_relative_paths_are_embedded(project: Project) -> None:
    folder = project.folder / "elsewhere"
    folder.mkdir()
    for name, content in {"ca": PAIR.certificate, "crt": PAIR.certificate, "key": PAIR.key}.items():
        (folder / name).write_bytes(content)
    cluster = {"server": SERVER, "certificate-authority": "ca", "extensions": [{"name": "x"}]}
    user = {"client-certificate": "crt", "client-key": "key"}
    found = imported(project, str(written(folder / "source", kubeconfig(cluster, user))), "test")
    assert found["users"][0]["user"] == of_pair(PAIR.certificate, PAIR.key)
    assert found["clusters"][0]["cluster"] == {"server": SERVER, "certificate-authority-data": b64(PAIR.certificate)}


def test_byte_order_mark_and_crlf(project: Project) -> None:
    text = "\ufeff" + yaml.safe_dump(kubeconfig()).replace("\n", "\r\n")
    file = project.folder / "source"
    file.write_bytes(text.encode())
    file.chmod(0o600)
    assert imported(project, str(file), "test")["users"][0]["user"] == {"token": SECRET_TOKEN}
    file.write_bytes(text.encode("utf-16"))
    _, err = project.cortex("kubeconfig", "import", str(file), "test", "--replace", code=2)
    assert "is not UTF-8" in err


def test_another_context_gets_the_declared_name(project: Project) -> None:
    content = kubeconfig()
    content["contexts"] = [{**content["contexts"][0], "name": "admin@prod"}, {"name": "x", "context": {"cluster": "d"}}]
    file = written(project.folder / "source", content)
    assert imported(project, str(file), "test", "--context", "admin@prod")["current-context"] == "test"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
def test_files_that_others_can_read_are_refused(project: Project, mode: int) -> None:
    file = written(project.folder / "source", kubeconfig(), mode)
    _, err = project.cortex("kubeconfig", "import", str(file), "test", code=2)
    assert f"has mode {mode:04o}, so others can read or write it: `chmod 600 {file}`" in err


def test_git_work_trees_are_refused(project: Project, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    (tree / "below").mkdir(parents=True)
    (tree / ".git").mkdir()
    file = written(tree / "below" / "source", kubeconfig())
    _, err = project.cortex("kubeconfig", "import", str(file), "test", code=2)
    assert f"is in the git work tree {tree}: move it to a folder outside" in err
    outside = file.rename(project.folder / "source")
    project.extra["XDG_STATE_HOME"] = str(tree / "state")
    _, err = project.cortex("kubeconfig", "import", str(outside), "test", "--plain", code=2)
    assert "is in the git work tree" in err
    project.cortex("kubeconfig", "import", str(outside), "test", code=0)
    _, err = project.cortex("kubeconfig", "export", "test", "--output", str(tree / "new"), code=2)
    assert "is in the git work tree" in err


@pytest.mark.parametrize("stack", ["../x", ".x", "a/b", "", "x" * 101])
def test_names_that_are_not_stacks(project: Project, stack: str) -> None:
    file = written(project.folder / "source", kubeconfig())
    _, err = project.cortex("kubeconfig", "import", str(file), stack, code=2)
    assert "is not a stack name" in err
