"""Ways to log in to a cluster, and an API server that restarts, under the real engine."""

from __future__ import annotations

import base64
import json
import os
import signal
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from provider.errors import ProviderError
from tests.provider.processes import api_server

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Cluster
    from tests.provider.project import Project

pytestmark = pytest.mark.live

_ACCOUNT = """
k.core.v1.ServiceAccount("deployer", metadata={"namespace": NS, "name": "deployer"}, opts=inside)
k.rbac.v1.RoleBinding("deployer", metadata={"namespace": NS, "name": "deployer"}, opts=inside,
    role_ref={"api_group": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "edit"},
    subjects=[{"kind": "ServiceAccount", "name": "deployer", "namespace": NS}])
"""
_MINE = """
own = pulumi.ResourceOptions(depends_on=[ns], provider=k.Provider("own", kubeconfig={kubeconfig!r}))
k.core.v1.ConfigMap("mine", metadata={{"name": "mine"}}, data={{"a": "1"}}, opts=own)
"""
_MANY = """
for i in range(150):
    k.core.v1.ConfigMap(f"many-{i}", metadata={"namespace": NS}, data={"a": str(i)}, opts=inside)
"""


@pytest.fixture
def token(project: Project) -> str:
    """Return a token of a ServiceAccount that may only edit the project's namespace."""
    project.up(_ACCOUNT)
    asked = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 600}}
    issued = project.live("serviceaccounts/deployer/token", method="POST", body=asked)
    return str(issued["status"]["token"])


def kubeconfig(cluster: Cluster, namespace: str, user: dict[str, str]) -> str:
    """Return the cluster's kubeconfig with another user and a default namespace."""
    content = json.loads(cluster.kubeconfig.read_text())
    content["users"][0]["user"] = user
    content["contexts"][0]["context"]["namespace"] = namespace
    return json.dumps(content)


def test_client_certificates_are_found_beside_a_kubeconfig_that_verifies_no_server(
    project: Project, cluster: Cluster, tmp_path: Path
) -> None:
    user = json.loads(cluster.kubeconfig.read_text())["users"][0]["user"]
    for name in ("client-certificate", "client-key"):
        (tmp_path / name).write_bytes(base64.b64decode(user[f"{name}-data"]))
    path = tmp_path / "kubeconfig"
    files = {"client-certificate": "client-certificate", "client-key": "client-key"}
    content = json.loads(kubeconfig(cluster, project.namespace, files))
    target = content["clusters"][0]["cluster"]
    content["clusters"][0]["cluster"] = {"server": target["server"], "insecure-skip-tls-verify": True}
    path.write_text(json.dumps(content))
    project.up(_MINE.format(kubeconfig=str(path)))
    assert project.live("configmaps/mine")["data"] == {"a": "1"}


def test_a_token_file_is_a_way_in_with_the_rights_of_its_account(
    project: Project, cluster: Cluster, token: str, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    mine = _MINE.format(kubeconfig=kubeconfig(cluster, project.namespace, {"tokenFile": str(file)}))
    file.write_text("expired")
    _, output = project.up(_ACCOUNT + mine, fails=True)
    assert "Unauthorized" in output
    file.write_text(token)
    project.up(_ACCOUNT + mine)
    assert project.live("configmaps/mine")["data"] == {"a": "1"}
    beyond = 'k.core.v1.ResourceQuota("q", metadata={"name": "q"}, spec={"hard": {"pods": "1"}}, opts=own)\n'
    _, output = project.up(_ACCOUNT + mine + beyond, fails=True)
    assert f'"system:serviceaccount:{project.namespace}:deployer" cannot create resource "resourcequotas"' in output
    project.up(_ACCOUNT)


def test_a_pod_uses_its_service_account(project: Project, cluster: Cluster, token: str, tmp_path: Path) -> None:
    mounted = tmp_path / "run" / "secrets" / "kubernetes.io" / "serviceaccount"
    mounted.mkdir(parents=True)
    target = json.loads(cluster.kubeconfig.read_text())["clusters"][0]["cluster"]
    (mounted / "token").write_text(token)
    (mounted / "namespace").write_text(project.namespace)
    (mounted / "ca.crt").write_bytes(base64.b64decode(target["certificate-authority-data"]))
    server = urlsplit(target["server"])
    inside = {
        "KUBECONFIG": "/nowhere",
        "KUBERNETES_SERVICE_HOST": str(server.hostname),
        "KUBERNETES_SERVICE_PORT": str(server.port),
    }
    # The files that a pod gets for its ServiceAccount, in a /run that only this process sees.
    mount = ("unshare", "--mount", "sh", "-c", 'mount --bind "$0" /run && exec "$@"', str(tmp_path / "run"))
    project.program(_ACCOUNT + 'k.core.v1.ConfigMap("mine", metadata={"name": "mine"}, data={"a": "1"}, opts=inside)\n')
    project.run("up", "--yes", "--skip-preview", prefix=mount, env=inside)
    assert project.live("configmaps/mine")["data"] == {"a": "1"}


def test_an_api_server_that_dies_in_the_middle_leaves_every_object_once(project: Project, cluster: Cluster) -> None:
    project.program(_MANY)
    with project.start("up", "--yes", "--skip-preview") as update:
        while len(made(project)) < 20:
            assert update.poll() is None
            time.sleep(0.1)
        os.kill(api_server(cluster), signal.SIGKILL)
        assert update.wait(240) == 0
    names = made(project)
    assert len(names) == 150
    assert sorted(names) == sorted(project.ids("ConfigMap"))
    assert project.up()[0] == {"unchanged": 152}


def made(project: Project) -> list[str]:
    try:
        found = project.live("configmaps")["items"]
    except ProviderError:
        return []
    return [item["metadata"]["name"] for item in found if item["metadata"]["name"].startswith("many-")]
