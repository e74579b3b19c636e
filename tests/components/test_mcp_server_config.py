"""What the pods of an MCP server read, and that they roll when it changes."""

import pytest

from tests.components.recording import Recording
from tests.components.served import served


def test_without_config_and_secrets_there_are_no_such_objects() -> None:
    recording = served()
    assert recording.of("ConfigMap") == {}
    assert recording.of("Secret") == {}


def test_config_is_mounted_read_only() -> None:
    recording = served(config={"server-config.yaml": "server: {}\n"})
    assert recording.of("ConfigMap")["cortex-mcp/demo-mcp-config"].at("data") == {"server-config.yaml": "server: {}\n"}
    deployment = recording.one("Deployment")
    assert deployment.at("spec.template.spec.containers.0.volumeMounts.1") == {
        "name": "config",
        "mountPath": "/etc/mcp/config",
        "readOnly": True,
    }
    assert deployment.at("spec.template.spec.volumes.1.configMap.name") == "demo-mcp-config"


def test_secrets_reach_the_pod_by_env_and_by_file() -> None:
    recording = served(
        secretEnv={"TOKEN": "demo-token"},
        secretFiles={"ca.pem": "demo-ca"},
        values={"TOKEN": "hunter2", "ca.pem": "-----"},
    )
    secret = recording.of("Secret")["cortex-mcp/demo-mcp-credentials"]
    assert secret.at("data") == {"TOKEN": "aHVudGVyMg==", "ca.pem": "LS0tLS0="}
    deployment = recording.one("Deployment")
    assert deployment.at("spec.template.spec.containers.0.env") == [
        {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "demo-mcp-credentials", "key": "TOKEN"}}}
    ]
    assert deployment.at("spec.template.spec.volumes.1.secret") == {
        "secretName": "demo-mcp-credentials",
        "defaultMode": 0o440,
        "items": [{"key": "ca.pem", "path": "ca.pem"}],
    }


def test_what_comes_from_secrets_stays_secret() -> None:
    recording = served(secretEnv={"TOKEN": "demo-token"}, values={"TOKEN": "hunter2"})
    assert recording.one("Secret").secret_paths == {"data", "metadata.annotations.cortex.dev/checksum"}
    (path,) = recording.one("Deployment").secret_paths
    assert path == "spec.template.metadata.annotations.cortex.dev/checksum"
    assert "hunter2" not in str([r.inputs for r in recording.resources])


def checksum(recording: Recording) -> object:
    return recording.one("Deployment").at("spec.template.metadata.annotations.cortex~dev/checksum")


@pytest.mark.parametrize("after", [{"a": "2"}, {"b": "1"}, {}])
def test_changed_config_rolls_the_pods(after: dict[str, str]) -> None:
    before = checksum(served(config={"a": "1"}))
    assert before == checksum(served(config={"a": "1"}))
    assert before != checksum(served(config=after))


def test_changed_secret_rolls_the_pods() -> None:
    one, same, other = (
        checksum(served(secretEnv={"TOKEN": "t"}, values={"TOKEN": value})) for value in ("a", "a", "b")
    )
    assert one == same != other


def test_declared_secrets_reach_the_pod_by_env_and_by_folder() -> None:
    use = {"name": "talos-config", "env": {"TALOS_CONFIG": "talosconfig"}, "mount": "/home/mcp/.talos"}
    deployment = served(secrets=[use], shared={"talos-config": {"talosconfig": "hunter2"}}).one("Deployment")
    assert deployment.at("spec.template.spec.containers.0.env") == [
        {"name": "TALOS_CONFIG", "valueFrom": {"secretKeyRef": {"name": "talos-config", "key": "talosconfig"}}}
    ]
    assert deployment.at("spec.template.spec.containers.0.volumeMounts.1") == {
        "name": "secret-talos-config",
        "mountPath": "/home/mcp/.talos",
        "readOnly": True,
    }
    assert deployment.at("spec.template.spec.volumes.1") == {
        "name": "secret-talos-config",
        "secret": {"secretName": "talos-config", "defaultMode": 0o440},
    }


def test_declared_config_maps_reach_the_pod_by_env_and_by_folder() -> None:
    use = {"name": "shared", "envFrom": True, "mount": "/etc/shared"}
    deployment = served(configMaps=[use], config_maps={"shared": {"LOG_LEVEL": "info"}}).one("Deployment")
    assert deployment.at("spec.template.spec.containers.0.envFrom") == [{"configMapRef": {"name": "shared"}}]
    assert deployment.at("spec.template.spec.containers.0.volumeMounts.1.mountPath") == "/etc/shared"
    assert deployment.at("spec.template.spec.volumes.1") == {
        "name": "config-shared",
        "configMap": {"name": "shared", "defaultMode": 0o444},
    }


def test_volume_of_a_long_name_is_a_dns_label() -> None:
    name = "a" * 63
    deployment = served(configMaps=[{"name": name, "mount": "/etc/shared"}]).one("Deployment")
    volume = deployment.at("spec.template.spec.volumes.1.name")
    assert isinstance(volume, str)
    assert len(volume) == 63
    assert deployment.at("spec.template.spec.volumes.1.configMap.name") == name


def test_changed_declared_secret_or_config_map_rolls_the_pods() -> None:
    secrets, config_maps = [{"name": "s", "mount": "/s"}], [{"name": "c", "mount": "/c"}]

    def rolled(value: str, text: str) -> object:
        shared, plain = {"s": {"k": value}}, {"c": {"k": text}}
        return checksum(served(shared=shared, config_maps=plain, secrets=secrets, configMaps=config_maps))

    assert rolled("a", "a") == rolled("a", "a")
    assert len({rolled("a", "a"), rolled("b", "a"), rolled("a", "b")}) == 3
