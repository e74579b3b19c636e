from components.declaration import PublishedDeclaration
from stacks.model.declaration import Declaration
from tests.components.recording import declared, record


def test_config_map_gives_the_declaration_back() -> None:
    declaration = declared(demo={"secretEnv": {"TOKEN": "demo-token"}})
    config_map = record(lambda: PublishedDeclaration("declaration", declaration)).one("ConfigMap")
    assert config_map.at("metadata.name") == "cortex-declaration"
    assert config_map.at("metadata.namespace") == "cortex-system"
    published = config_map.at("data.declaration~json")
    assert isinstance(published, str)
    assert Declaration.model_validate_json(published) == declaration
    assert config_map.at("metadata.annotations.cortex~dev/declaration-hash") == declaration.digest()
