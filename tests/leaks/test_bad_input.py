"""A command that refuses an input with a secret says why, and shows no part of the secret, also with CORTEX_DEBUG."""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import stamina
import yaml

from tests.checks.cli.project import Project
from tests.checks.kubeconfigs.certificates import kubeconfig
from tests.leaks.canary import canary

ONE = canary("input")
PLAIN = canary("input", plain=True)
ENCODED = base64.b64encode(ONE.value.encode()).decode()
PEM = f"-----BEGIN PRIVATE KEY-----\n{ENCODED}\n-----END PRIVATE KEY-----\n"
PEM_ENCODED = base64.b64encode(PEM.encode()).decode()


def document(user: Any, **fields: Any) -> str:
    return yaml.safe_dump({**kubeconfig(user=user), **fields})


KUBECONFIGS: dict[str, str] = {
    "only the secret": ONE.value,
    "no YAML": f"users:\n- name: u\n  user:\n    token: '{ONE.value.replace(chr(39), '')}\n",
    "tab": f"users:\n\ttoken: {PLAIN.value}\n",
    "alias": f"token: *{PLAIN.value}\n",
    "tag": f"token: !{PLAIN.value} x\n",
    "anchor twice": f"a: &{PLAIN.value} 1\nb: {{: *{PLAIN.value}\n",
    "directive": f"%{PLAIN.value}\n---\n",
    "control character": f"token: {PLAIN.value}\x01\n",
    "unknown field": document({"token": ONE.value, "tokens": ONE.value}),
    "token with a line end": document({"token": f"{PLAIN.value}\nX"}),
    "token in Unicode": document({"token": ONE.value}),
    "token in a list": document({"token": [ONE.value]}),
    "token in a mapping": document({"token": {ONE.value: ONE.value}}),
    "user is the token": document(ONE.value),
    "users are the token": document({}, users=ONE.value),
    "password": document({"username": "u", "password": ONE.value}),
    "token and password": document({"token": PLAIN.value, "username": "u", "password": ONE.value}),
    "key is no base64": document({"client-key-data": ONE.value, "client-certificate-data": ONE.value}),
    "key is no key": document({"client-key-data": ENCODED, "client-certificate-data": ENCODED}),
    "key is damaged": document({"client-key-data": PEM_ENCODED, "client-certificate-data": PEM_ENCODED}),
    "arguments of a plugin": document(
        {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "get", "args": [ONE.value]}}
    ),
    "variables of a plugin": document(
        {
            "exec": {
                "apiVersion": "client.authentication.k8s.io/v1",
                "command": "/bin/false",
                "env": [{"name": "TOKEN", "value": ONE.value}],
            }
        }
    ),
    "auth provider": document({"auth-provider": {"name": "oidc", "config": {"refresh-token": ONE.value}}}),
    "token file": document({"tokenFile": "/nowhere", "token": ONE.value}),
    "password in the proxy": yaml.safe_dump(
        kubeconfig(
            cluster={"server": "https://127.0.0.1:1", "proxy-url": f"http://user:{PLAIN.value}@127.0.0.1:1"},
            user={"token": PLAIN.value},
        )
    ),
    "password in the address": yaml.safe_dump(
        kubeconfig(cluster={"server": f"https://user:{PLAIN.value}@127.0.0.1:1"}, user={"token": PLAIN.value})
    ),
}


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """A project whose kubeconfig leads nowhere, and in which an internal error shows its traceback."""
    made = Project(tmp_path, "https://127.0.0.1:1")
    made.extra["CORTEX_DEBUG"] = "1"
    with stamina.set_testing(True, attempts=1, cap=True):
        yield made


def shown(project: Project, *args: str) -> str:
    done = project.run(*args)
    assert done.code != 0, "the input is bad"
    assert done.err
    return done.out + done.err


def written(project: Project, text: str) -> Path:
    file = project.folder / "input"
    file.write_text(text, encoding="utf-8")
    file.chmod(0o600)
    return file


@pytest.mark.parametrize("name", KUBECONFIGS)
def test_refused_kubeconfig_is_not_shown(project: Project, name: str) -> None:
    file = written(project, KUBECONFIGS[name])
    for args in (["kubeconfig", "import", str(file), "test"], ["doctor", "test", "--kubeconfig", str(file)]):
        done = project.run(*args)
        assert ONE.found(done.out + done.err) == []
        assert PLAIN.found(done.out + done.err) == []


TALOSCONFIGS = {
    "only the secret": ONE.value,
    "no YAML": f"context: test\ncontexts:\n  test:\n    key: '{PLAIN.value}\n",
    "tab": f"contexts:\n\tkey: {PLAIN.value}\n",
    "key is no base64": yaml.safe_dump(
        {"context": "test", "contexts": {"test": {"endpoints": ["127.0.0.1"], "ca": "", "crt": "", "key": ONE.value}}}
    ),
    "key is no key": yaml.safe_dump(
        {
            "context": "test",
            "contexts": {
                "test": {"endpoints": ["127.0.0.1"], "ca": ENCODED, "crt": PEM_ENCODED, "key": PEM_ENCODED},
            },
        }
    ),
    "key in a list": yaml.safe_dump({"context": "test", "contexts": {"test": {"key": [ONE.value]}}}),
    "contexts are the key": yaml.safe_dump({"context": "test", "contexts": ONE.value}),
}


@pytest.mark.parametrize("name", TALOSCONFIGS)
def test_refused_talosconfig_is_not_shown(project: Project, name: str) -> None:
    file = written(project, TALOSCONFIGS[name])
    text = shown(project, "talos", "kubeconfig", "test", "--talosconfig", str(file))
    assert ONE.found(text) == []
    assert PLAIN.found(text) == []


STACKS = {
    "no YAML": f"config:\n  secrets:token: '{PLAIN.value}\n",
    "tab": f"config:\n\tsecrets:token: {PLAIN.value}\n",
    "alias": f"config:\n  secrets:token: *{PLAIN.value}\n",
    "literal in a list": yaml.safe_dump(
        {"config": {"cortex:secrets": {"own": {"namespace": "n", "keys": {"key": {"literal": [ONE.value]}}}}}}
    ),
    "value instead of a source": yaml.safe_dump(
        {"config": {"cortex:secrets": {"own": {"namespace": "n", "keys": {"key": ONE.value}}}}}
    ),
    "value and source": yaml.safe_dump(
        {
            "config": {
                "cortex:secrets": {"own": {"namespace": "n", "keys": {"key": {"literal": ONE.value, "pulumi": "x"}}}}
            }
        }
    ),
    "variable in a mapping": yaml.safe_dump(
        {"config": {"cortex:servers": {"time": {"preset": "time", "env": {"API_TOKEN": {"value": ONE.value}}}}}}
    ),
    "value as the name of a Pulumi secret": yaml.safe_dump(
        {"config": {"cortex:servers": {"time": {"preset": "time", "secretEnv": {"API_TOKEN": ONE.value}}}}}
    ),
}


@pytest.mark.parametrize("name", STACKS)
def test_refused_stack_file_is_not_shown(project: Project, name: str) -> None:
    (project.folder / "Pulumi.test.yaml").write_text(STACKS[name], encoding="utf-8")
    text = shown(project, "config", "check", "test")
    assert ONE.found(text) == []
    assert PLAIN.found(text) == []
