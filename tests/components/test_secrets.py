from collections.abc import Mapping

import pulumi

from components.secret_inputs import secret_data
from components.secrets import DeclaredSecret, DeclaredSecretArgs
from stacks.manifests.checksum import checksum
from stacks.manifests.secrets import secret as declared_secret
from stacks.model.secret import Secret
from tests.components.recording import Recording, record


def made(values: Mapping[str, str] | None = None, **settings: object) -> Recording:
    secret = Secret.model_validate({"namespace": "cortex-mcp", **settings})

    def program() -> None:
        outputs = {key: pulumi.Output.secret(value) for key, value in (values or {}).items()}
        manifest = declared_secret("talos-config", secret, "mcp-servers")
        hidden = secret_data(secret.namespace, "talos-config", outputs)
        DeclaredSecret("talos-config", DeclaredSecretArgs([manifest] if manifest else [], hidden))

    return record(program)


def test_secret_has_the_declared_keys_and_is_secret_throughout() -> None:
    recording = made({"talosconfig": "hunter2"}, keys={"talosconfig": {"pulumi": "talos"}})
    secret = recording.of("Secret")["cortex-mcp/talos-config"]
    assert secret.at("type") == "Opaque"
    assert secret.at("metadata.labels") == {"cortex.dev/component": "mcp-servers"}
    assert secret.at("data") == {"talosconfig": "aHVudGVyMg=="}
    assert secret.secret_paths == {"data", "metadata.annotations.cortex.dev/checksum"}


def test_secret_carries_the_checksum_of_its_data() -> None:
    keys = {"a": {"pulumi": "a"}, "b": {"literal": "2"}}
    secret = made({"a": "1", "b": "2"}, keys=keys).one("Secret")
    expected = checksum("cortex-mcp/talos-config", {}, {"a": "1", "b": "2"})
    assert secret.at("metadata.annotations") == {"cortex.dev/checksum": expected}


def test_external_secret_names_the_store_and_makes_the_secret() -> None:
    recording = made(external={"store": "vault", "refresh": "30m", "keys": {"talosconfig": "prod/talos"}})
    assert recording.of("Secret") == {}
    external = recording.of("ExternalSecret")["cortex-mcp/talos-config"]
    assert external.at("apiVersion") == "external-secrets.io/v1"
    assert external.at("spec") == {
        "refreshInterval": "30m",
        "secretStoreRef": {"name": "vault", "kind": "ClusterSecretStore"},
        "target": {"name": "talos-config", "creationPolicy": "Owner"},
        "data": [{"secretKey": "talosconfig", "remoteRef": {"key": "prod/talos"}}],
    }


def test_external_secret_is_awaited_so_that_a_wrong_key_is_told() -> None:
    external = made(external={"store": "vault", "keys": {"a": "b"}}).one("ExternalSecret")
    assert external.at("metadata.annotations") == {
        "pulumi.com/waitFor": "condition=Ready",
        "pulumi.com/timeoutSeconds": "60",
    }


def test_external_secret_may_want_a_part_of_what_the_store_keeps() -> None:
    keys = {"user": {"key": "prod/proxmox", "property": "user"}, "token": "prod/token"}
    external = made(external={"store": "vault", "keys": keys}).one("ExternalSecret")
    assert external.at("spec.data") == [
        {"secretKey": "user", "remoteRef": {"key": "prod/proxmox", "property": "user"}},
        {"secretKey": "token", "remoteRef": {"key": "prod/token"}},
    ]


def test_declared_type_is_that_of_the_secret_whoever_makes_it() -> None:
    kind, keys = "kubernetes.io/ssh-auth", {"ssh-privatekey": {"literal": "k"}}
    assert made({"ssh-privatekey": "k"}, type=kind, keys=keys).one("Secret").at("type") == kind
    external = made(type=kind, external={"store": "vault", "keys": {"ssh-privatekey": "k"}}).one("ExternalSecret")
    assert external.at("spec.target.template") == {"type": kind}


def test_secret_made_by_others_is_left_to_them() -> None:
    (component,) = made(existing=["talosconfig"]).resources
    assert component.type == "cortex:kubernetes:Secret"
