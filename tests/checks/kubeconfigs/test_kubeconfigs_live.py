"""kubectl gets its credential from the store; a certificate and a token are rotated. On a real API server."""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest
import yaml
from cryptography import x509

from checks.errors import UncheckedError
from checks.kube.client import ApiClient
from checks.kube.connection import from_kubeconfig
from checks.kubeconfigs import certificate_request
from tests.checks.kubeconfigs.certificates import Pair, certificate_user, pair, written
from tests.conftest import Cluster, cluster_name, cortex, start

pytestmark = pytest.mark.live

GROUP = "cortex:testers"
ACCOUNT = "--account=default/bot"


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    name = cluster_name("kubeconfigs")
    try:
        cluster = start(name, ["--node", "kwok"])
        cluster.run("kubectl", "create", "serviceaccount", "bot")
        bind = ("kubectl", "create", "clusterrolebinding")
        cluster.run(*bind, "bot", "--clusterrole=cluster-admin", "--serviceaccount=default:bot")
        cluster.run(*bind, "testers", "--clusterrole=cluster-admin", f"--group={GROUP}")
        yield cluster
    finally:
        cortex("local", "down", "--name", name, "--delete")


@dataclass(frozen=True)
class Store:
    """A user's store, and what it is a store of."""

    cluster: Cluster
    folder: Path

    @property
    def env(self) -> Mapping[str, str]:
        folders = {f"XDG_{name}_HOME": str(self.folder / name.lower()) for name in ("STATE", "CONFIG")}
        return {name: value for name, value in os.environ.items() if name != "KUBECONFIG"} | folders

    def run(self, *args: str, code: int = 0) -> str:
        """Run `cortex`, and return its output and diagnostics."""
        done = cortex(*args, env=self.env)
        assert done.returncode == code, done.stderr
        return done.stdout + done.stderr

    def keep(self, stack: str, user: dict[str, Any]) -> None:
        """Store a kubeconfig with this credential."""
        config = yaml.safe_load(self.cluster.kubeconfig.read_text())
        config["users"][0]["user"] = user
        file = written(self.folder / "source", config)
        done = cortex("kubeconfig", "import", str(file), stack, "--context", "cortex-local", env=self.env)
        assert done.returncode == 0, done.stderr

    def whoami(self, kubeconfig: Path) -> dict[str, Any]:
        """Return whom the API server sees when kubectl uses a kubeconfig."""
        env = {**self.cluster.env, **self.env}
        shown = Cluster(self.cluster.name, env).run(
            "kubectl", "--kubeconfig", str(kubeconfig), "auth", "whoami", "--output=json"
        )
        found: dict[str, Any] = json.loads(shown.stdout)["status"]["userInfo"]
        return found


@pytest.fixture
def kept(cluster: Cluster, tmp_path: Path) -> Store:
    return Store(cluster, tmp_path)


async def signed(cluster: Cluster) -> Pair:
    """Let the cluster sign a certificate of a tester, for two hours."""
    wanted = x509.load_pem_x509_certificate(pair(group=GROUP).certificate)
    async with from_kubeconfig("cortex-local", cluster.kubeconfig).client() as client:
        return Pair(*await certificate_request.request(ApiClient(client), wanted, timedelta(hours=2)))


def token(cluster: Cluster) -> str:
    return cluster.run("kubectl", "create", "token", "bot", "--duration=2h").stdout.strip()


def credential_id(user: dict[str, Any]) -> str:
    return str(user["extra"]["authentication.kubernetes.io/credential-id"])


def test_kubectl_gets_a_token_from_the_store(kept: Store) -> None:
    kept.keep("prod", certificate_user(anyio.run(signed, kept.cluster)))
    file = kept.folder / "plugin"
    kept.run("kubeconfig", "exec", "prod", ACCOUNT, "--output", str(file))
    first, second = kept.whoami(file), kept.whoami(file)
    assert first["username"] == "system:serviceaccount:default:bot"
    assert credential_id(first) == credential_id(second), "the token is requested once"
    other = kept.folder / "stored"
    kept.run("kubeconfig", "exec", "prod", "--output", str(other))
    assert kept.whoami(other)["username"] == "tester"
    assert "very-secret" not in file.read_text() + other.read_text()


def test_a_token_for_another_audience_is_not_one_for_the_api_server(kept: Store) -> None:
    kept.keep("prod", {"token": token(kept.cluster)})
    file = kept.folder / "plugin"
    kept.run("kubeconfig", "exec", "prod", ACCOUNT, "--audience", "elsewhere.test", "--output", str(file))
    with pytest.raises(AssertionError, match=r"Unauthorized|must be logged in"):
        kept.whoami(file)


def test_a_client_certificate_is_rotated(kept: Store) -> None:
    kept.keep("prod", certificate_user(anyio.run(signed, kept.cluster)))
    file = kept.folder / "stored"
    kept.run("kubeconfig", "exec", "prod", "--output", str(file))
    before = kept.whoami(file)
    assert "has a new client certificate, valid until" in kept.run("kubeconfig", "rotate", "prod")
    after = kept.whoami(file)
    assert (after["username"], after["groups"]) == (before["username"], before["groups"])
    assert credential_id(after) != credential_id(before)
    assert kept.cluster.run("kubectl", "get", "csr", "--output=name").stdout == "", "no request is left"
    kept.run("kubeconfig", "rotate", "prod", "--undo")
    assert credential_id(kept.whoami(file)) == credential_id(before)
    kept.run("kubeconfig", "rotate", "prod")
    assert "Kubernetes cannot revoke one alone" in kept.run("kubeconfig", "rotate", "prod", "--confirm")


def test_an_account_that_may_not_approve_is_told_so(kept: Store) -> None:
    rights = (
        "--verb=create,get,delete,patch",
        "--resource=certificatesigningrequests,certificatesigningrequests/approval",
    )
    kept.cluster.run("kubectl", "create", "clusterrole", "requester", *rights)
    kept.cluster.run("kubectl", "create", "serviceaccount", "limited")
    bind = ("clusterrolebinding", "limited", "--clusterrole=requester", "--serviceaccount=default:limited")
    kept.cluster.run("kubectl", "create", *bind)
    config = yaml.safe_load(kept.cluster.kubeconfig.read_text())
    config["users"][0]["user"] = {"token": kept.cluster.run("kubectl", "create", "token", "limited").stdout.strip()}
    limited = Cluster(kept.cluster.name, {"KUBECONFIG": str(written(kept.folder / "limited", config))})
    with pytest.raises(UncheckedError, match='may not approve its request: grant it "patch" on'):
        anyio.run(signed, limited)
    assert kept.cluster.run("kubectl", "get", "csr", "--output=name").stdout == "", "no request is left"


def test_a_token_that_never_expires_is_replaced_and_revoked(kept: Store) -> None:
    annotations = {"kubernetes.io/service-account.name": "bot"}
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "kubernetes.io/service-account-token",
        "metadata": {"name": "legacy", "annotations": annotations},
    }
    kept.cluster.run("kubectl", "create", "-f", "-", given=json.dumps(secret))
    kept.cluster.run("kubectl", "wait", "secret/legacy", "--for=jsonpath={.data.token}", "--timeout=300s")
    legacy = kept.cluster.run("kubectl", "get", "secret", "legacy", "--output=go-template={{.data.token|base64decode}}")
    kept.keep("prod", {"token": legacy.stdout})
    kept.run("kubeconfig", "rotate", "prod")
    assert "revoked on the cluster" in kept.run("kubeconfig", "rotate", "prod", "--confirm")
    assert kept.cluster.run("kubectl", "get", "secret", "legacy", check=False).returncode != 0
    out = kept.run("kubeconfig", "check", "prod", "--format", "json")
    report = json.loads(out)
    assert report["account"] == "system:serviceaccount:default:bot"
    assert report["daysLeft"] >= 80
    assert report["rights"][0]["allowed"]
