"""Which kubeconfig is used: --kubeconfig, KUBECONFIG, the store, ~/.kube/config, the pod; `cortex doctor` says why."""

import json
import os
import ssl
from pathlib import Path

import pytest

from checks.errors import UsageError
from checks.kubeconfigs.choice import choose
from checks.kubeconfigs.connecting import connection
from checks.kubeconfigs.document import parse
from tests.checks.cli.project import Project
from tests.checks.fake_api import FakeApi
from tests.checks.kubeconfigs.certificates import SECRET_TOKEN, b64, kubeconfig, pair, written

BEARER = f"Bearer {SECRET_TOKEN}"


def used(project: Project, *args: str) -> tuple[str, str]:
    """Return the kubeconfig that doctor uses, and why."""
    done = project.run("doctor", "test", "--format", "json", *args)
    assert done.code == 0, done.err
    report = json.loads(done.out)
    return report["kubeconfig"], report["reason"]


def test_the_order(project: Project, api: FakeApi) -> None:
    user = {"token": "very-secret-stored"}
    file = written(project.folder / "source", kubeconfig({"server": api.url}, user))
    project.cortex("kubeconfig", "import", str(file), "test", "--allow-insecure", code=0)
    assert used(project, "--kubeconfig", str(file)) == (str(file), "--kubeconfig names it")
    assert used(project) == (str(project.kubeconfig), "KUBECONFIG names it")
    api.authorizations.clear()
    project.extra["KUBECONFIG"] = ""
    stored = str(project.folder / ".local" / "state" / "cortex" / "kubeconfig" / "test.yaml")
    assert used(project) == (stored, "it is stored for the stack, and KUBECONFIG is not set")
    assert api.authorizations == {"Bearer very-secret-stored"}
    project.cortex("kubeconfig", "remove", "test", code=0)
    default = project.folder / ".kube" / "config"
    default.parent.mkdir()
    written(default, kubeconfig({"server": api.url}))
    assert used(project) == (str(default), "it is the default, and none is stored for the stack")


def test_doctor_shows_why_as_text(project: Project) -> None:
    out, _ = project.cortex("doctor", "test", code=0)
    assert ["used", "because", "KUBECONFIG", "names", "it"] in [line.split() for line in out.splitlines()]


def test_no_kubeconfig_at_all(project: Project) -> None:
    project.extra["KUBECONFIG"] = ""
    _, err = project.cortex("doctor", "test", code=2)
    assert f"no kubeconfig at {project.folder}/.kube/config" in err


def test_a_stored_one_that_cannot_be_used_is_not_passed_over(project: Project, api: FakeApi) -> None:
    file = written(project.folder / "source", kubeconfig({"server": api.url}))
    project.cortex("kubeconfig", "import", str(file), "test", "--allow-insecure", code=0)
    project.extra["KUBECONFIG"] = ""
    _, err = project.cortex("doctor", "test", "--context", "other", code=2)
    assert "has the context 'test', not 'other': import one for it" in err
    (project.folder / ".config" / "cortex" / "age" / "identity.txt").unlink()
    _, err = project.cortex("doctor", "test", code=2)
    assert "cannot read the key file" in err
    assert not api.authorizations


def test_a_pod_without_a_kubeconfig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    (tmp_path / "token").write_text("very-secret-pod")
    (tmp_path / "ca.crt").write_bytes(pair().certificate)
    found = choose("test", "test", None, tmp_path)
    assert (found.inside, found.reason) == (True, "this is a pod, and there is no kubeconfig")


def test_a_client_certificate_is_never_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = pair()
    user = {"client-certificate-data": b64(made.certificate), "client-key-data": b64(made.key)}
    cluster = {"server": "https://127.0.0.1:1", "certificate-authority-data": b64(made.certificate)}
    opened: list[str] = []
    load = ssl.SSLContext.load_cert_chain

    def spy(context: ssl.SSLContext, file: str) -> None:
        opened.append(file)
        load(context, file)

    monkeypatch.setattr(ssl.SSLContext, "load_cert_chain", spy)
    text = json.dumps(kubeconfig(cluster, user)).encode()
    found = connection(parse(text, "it"), "it")
    assert found.tls is not None
    assert found.authority == made.certificate
    assert [file.startswith("/proc/self/fd/") for file in opened] == [True]
    assert found.credential().expires is not None


def test_the_proxy_of_the_kubeconfig_or_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    def proxy(cluster: dict[str, str]) -> str | None:
        return connection(parse(json.dumps(kubeconfig(cluster)).encode(), "it"), "it").proxy

    monkeypatch.setenv("https_proxy", "proxy.test:3128")
    monkeypatch.setenv("no_proxy", "inside.test")
    assert proxy({"server": "https://a.test", "proxy-url": "socks5://b.test"}) == "socks5://b.test"
    assert proxy({"server": "https://a.test"}) == "http://proxy.test:3128"
    assert proxy({"server": "https://inside.test:6443"}) is None


def test_a_user_without_a_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> bool:
        raise PermissionError

    monkeypatch.setattr(Path, "exists", refuse)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    with pytest.raises(UsageError, match=r"no kubeconfig at ~/\.kube/config"):
        choose("test", "test", None, tmp_path)
