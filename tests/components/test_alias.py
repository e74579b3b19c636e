from components.alias import Alias, AliasArgs
from stacks.manifests.alias import alias
from stacks.model import alias as model
from tests.components.recording import record


def test_alias_is_a_service_with_the_name_of_its_host() -> None:
    declared = model.Alias(namespace="cortex-mcp", host="registry.test")
    recording = record(lambda: Alias("registry", AliasArgs([alias("registry", declared, "mcp-servers")])))
    service = recording.of("Service")["cortex-mcp/registry"]
    assert service.at("spec") == {"type": "ExternalName", "externalName": "registry.test"}
    assert service.at("metadata.labels") == {"cortex.dev/component": "mcp-servers"}
