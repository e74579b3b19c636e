from components.config import DeclaredConfigMap, DeclaredConfigMapSettings
from stacks.model.config_map import ConfigMap
from tests.components.recording import record


def test_config_map_is_as_declared() -> None:
    declared = ConfigMap(namespace="cortex-mcp", data={"LOG_LEVEL": "info"})
    recording = record(lambda: DeclaredConfigMap("shared", DeclaredConfigMapSettings(declared, "mcp-servers")))
    config_map = recording.of("ConfigMap")["cortex-mcp/shared"]
    assert config_map.at("data") == {"LOG_LEVEL": "info"}
    assert config_map.at("metadata.labels") == {"cortex.dev/component": "mcp-servers"}
