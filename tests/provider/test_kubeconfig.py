"""Kubeconfigs: reading, credentials, and messages about what is wrong with them."""

from __future__ import annotations

import json
import re
import ssl
import tempfile
import traceback
from typing import TYPE_CHECKING, Any

import pytest

from provider.cluster import Cluster
from provider.errors import ConfigError, UnreachableError
from provider.kubeconfig import active_cluster, connect
from provider.properties import Secret
from provider.settings import Settings
from tests.checks.kubeconfigs.certificates import Pair, b64, certificate_user, kubeconfig, pair
from tests.checks.talos.certificates import Authority

if TYPE_CHECKING:
    from pathlib import Path

    from tests.provider.fake_server import Server


def test_a_kubeconfig_gives_address_token_and_namespace(server: Server, fake_cluster: Cluster) -> None:
    server.says("GET /api/v1", {"resources": []})
    assert fake_cluster.api.request("GET", "/api/v1") == {"resources": []}
    assert fake_cluster.namespace == "mine"
    assert server.seen[0][1]["Authorization"] == "Bearer t0ken"


def test_a_kubeconfig_file_is_read_by_path(server: Server, tmp_path: Path) -> None:
    path = tmp_path / "kubeconfig"
    path.write_text(server.kubeconfig)
    assert Cluster(*connect(Settings(kubeconfig=str(path), context="c"))).namespace == "mine"
    assert Cluster(*connect(Settings(kubeconfig=str(path), namespace="other"))).namespace == "other"


@pytest.mark.parametrize("kubeconfig", ["/nowhere/kubeconfig", "a: [\nsecret-key", "just\ntext", "{}"])
def test_an_unusable_kubeconfig_is_one_sentence(kubeconfig: str) -> None:
    with pytest.raises(ConfigError, match=r"^the kubeconfig cannot be used: [^\n]+$") as caught:
        connect(Settings(kubeconfig=kubeconfig))
    assert "secret-key" not in str(caught.value)


@pytest.mark.parametrize("given_as", ["content", "file"])
@pytest.mark.parametrize(("kind", "known"), [("cluster", "c"), ("user", "u")])
def test_a_kubeconfig_that_lacks_what_its_context_names_is_one_sentence(
    server: Server, tmp_path: Path, kind: str, known: str, given_as: str
) -> None:
    content = json.loads(server.kubeconfig)
    content["contexts"][0]["context"][kind] = "gone"
    path = tmp_path / "kubeconfig"
    path.write_text(json.dumps(content))
    place = "in it" if given_as == "content" else f"in {path}"
    sentence = f"its context 'c' names the {kind} 'gone', and there is no such {kind} {place}: known are {known}"
    with pytest.raises(ConfigError, match=re.escape(f"the kubeconfig cannot be used: {sentence}")):
        connect(Settings(kubeconfig=json.dumps(content) if given_as == "content" else str(path)))
    assert server.seen == []


@pytest.mark.parametrize(
    "user",
    [
        "{auth-provider: {name: oidc, config: {refresh-token: very-secret}}}",
        "{token: *very-secret}",
        "{token: !very-secret x}",
        "{client-key-data: very-secret, client-certificate-data: very-secret}",
    ],
    ids=["auth provider", "alias", "tag", "key"],
)
def test_an_unusable_user_is_not_quoted(tmp_path: Path, user: str) -> None:
    path = tmp_path / "kubeconfig"
    entries = "clusters: [{name: c, cluster: {server: 'https://127.0.0.1:1'}}]\ncurrent-context: c"
    path.write_text(
        f"{entries}\ncontexts: [{{name: c, context: {{cluster: c, user: u}}}}]\nusers: [{{name: u, user: {user}}}]"
    )
    with pytest.raises(ConfigError) as caught:
        Cluster(*connect(Settings(kubeconfig=str(path), context="c"))).api.request("GET", "/api/v1")
    shown = "".join(traceback.format_exception(caught.value))
    assert "very-secret" not in shown.replace(user, "")


@pytest.mark.parametrize("login", ["user:very-secret", "user", ":very-secret", "very%2Dsecret:"])
def test_a_password_in_the_server_address_is_refused_and_not_shown(server: Server, login: str) -> None:
    content = json.loads(server.kubeconfig)
    content["clusters"][0]["cluster"]["server"] = f"http://{login}@127.0.0.1:{server.server_port}"
    sentence = (
        "the kubeconfig cannot be used: it has a user name or a password in its server address: remove it there, "
        "and give the user a token or a certificate"
    )
    with pytest.raises(ConfigError) as caught:
        Cluster(*connect(Settings(kubeconfig=json.dumps(content)))).api.request("GET", "/api/v1")
    assert str(caught.value) == sentence
    assert f"{login}@" not in "".join(traceback.format_exception(caught.value))
    assert server.seen == []


def with_user(server: Server, **user: Any) -> Settings:
    content = json.loads(server.kubeconfig)
    content["users"][0]["user"] = user
    return Settings(kubeconfig=json.dumps(content))


@pytest.mark.parametrize(
    ("script", "reason"),
    [("echo no login >&2; exit 1", "no login"), ("echo '{}'", "missing key"), ("echo no", "decode")],
)
def test_a_failing_credential_plugin_is_one_sentence_and_no_anonymous_request(
    server: Server, capfd: pytest.CaptureFixture[str], script: str, reason: str
) -> None:
    run = {"apiVersion": "client.authentication.k8s.io/v1", "command": "sh", "args": ["-c", script]}
    with pytest.raises(ConfigError, match=rf"credential plugin sh returned neither token nor certificate \(.*{reason}"):
        connect(with_user(server, exec={**run, "interactiveMode": "Never"}))
    assert server.seen == []
    assert capfd.readouterr().err == ""


def test_broken_base64_in_a_kubeconfig_is_one_sentence(server: Server) -> None:
    content = json.loads(server.kubeconfig)
    content["clusters"][0]["cluster"] = {"server": "https://127.0.0.1:1", "certificate-authority-data": "12345"}
    with pytest.raises(ConfigError, match="the kubeconfig cannot be used: "):
        connect(Settings(kubeconfig=json.dumps(content)))


def test_the_active_cluster_of_a_kubeconfig(server: Server, tmp_path: Path) -> None:
    entry = {"server": f"http://127.0.0.1:{server.server_port}"}
    (tmp_path / "kubeconfig").write_text(server.kubeconfig)
    assert active_cluster({"kubeconfig": Secret(server.kubeconfig)}) == entry
    assert active_cluster({"kubeconfig": str(tmp_path / "kubeconfig"), "context": "c"}) == entry
    for unclear in ({}, {"kubeconfig": "/nowhere"}, {"kubeconfig": server.kubeconfig, "context": "other"}):
        assert active_cluster(unclear) is None


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
@pytest.mark.parametrize("verified", [True, False])
def test_a_client_key_is_in_a_file_for_a_moment_only(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, verified: bool
) -> None:
    memory, disk = tmp_path / "memory", tmp_path / "disk"
    for folder in (memory, disk):
        folder.mkdir()
    monkeypatch.setattr("provider.kubeconfig._MEMORY", memory)
    monkeypatch.setattr(tempfile, "tempdir", str(disk))
    content = encrypted(server, tmp_path / "server.pem", verified=verified)
    server.says("GET /api/v1", {"resources": []})
    # The kubernetes package would take the files of the first time again.
    for _ in range(2):
        api, _ = connect(Settings(kubeconfig=content))
        assert [*memory.iterdir(), *disk.iterdir()] == []
        assert api.request("GET", "/api/v1") == {"resources": []}


def test_another_server_than_the_kubeconfig_names_is_not_spoken_to(server: Server, tmp_path: Path) -> None:
    content = json.loads(encrypted(server, tmp_path / "server.pem"))
    content["clusters"][0]["cluster"]["certificate-authority-data"] = b64(Authority().pem)
    api, _ = connect(Settings(kubeconfig=json.dumps(content)))
    with pytest.raises(UnreachableError, match="certificate verify failed"):
        api.request("GET", "/api/v1")
    assert server.seen == []


def test_a_key_of_another_certificate_is_one_sentence(server: Server, tmp_path: Path) -> None:
    content = json.loads(encrypted(server, tmp_path / "server.pem"))
    content["users"][0]["user"]["client-key-data"] = b64(pair().key)
    with pytest.raises(ConfigError, match="its certificates or its key are not PEM, or do not belong together"):
        connect(Settings(kubeconfig=json.dumps(content)))


def encrypted(server: Server, file: Path, *, verified: bool = True) -> str:
    """Let the server demand a client certificate from now on, and return the kubeconfig that has one."""
    authority = Authority()
    file.write_bytes(authority.server("127.0.0.1"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    context.load_verify_locations(cadata=authority.pem.decode())
    context.verify_mode = ssl.CERT_REQUIRED
    server.socket = context.wrap_socket(server.socket, server_side=True)
    trust = {"certificate-authority-data": b64(authority.pem)} if verified else {"insecure-skip-tls-verify": True}
    certificate, key = authority.client()
    return json.dumps(
        kubeconfig(
            {"server": f"https://127.0.0.1:{server.server_port}", **trust},
            # OpenSSL does not know the header that Talos writes.
            certificate_user(Pair(certificate, key.replace(b"ED25519 PRIVATE KEY", b"PRIVATE KEY"))),
        )
    )
