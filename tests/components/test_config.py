from components.config import DeclaredConfigMap, DeclaredConfigMapArgs
from stacks.manifests.config import config_map as declared_config_map
from stacks.model.config_map import ConfigMap
from tests.components.recording import record


def test_config_map_is_as_declared() -> None:
    declared = ConfigMap(namespace="cortex-mcp", data={"LOG_LEVEL": "info"})
    args = DeclaredConfigMapArgs([declared_config_map("shared", declared, "mcp-servers")])
    recording = record(lambda: DeclaredConfigMap("shared", args))
    config_map = recording.of("ConfigMap")["cortex-mcp/shared"]
    assert config_map.at("data") == {"LOG_LEVEL": "info"}
    assert config_map.at("metadata.labels") == {"cortex.dev/component": "mcp-servers"}
