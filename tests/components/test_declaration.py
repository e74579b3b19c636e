from components.declaration import PublishedDeclaration, PublishedDeclarationArgs
from stacks.manifests.declaration import published
from stacks.model.declaration import Declaration
from tests.components.recording import declared, record


def test_config_map_gives_the_declaration_back() -> None:
    declaration = declared(demo={"secretEnv": {"TOKEN": "demo-token"}})
    args = PublishedDeclarationArgs([published(declaration)])
    config_map = record(lambda: PublishedDeclaration("declaration", args)).one("ConfigMap")
    assert config_map.at("metadata.name") == "cortex-declaration"
    assert config_map.at("metadata.namespace") == "cortex-system"
    text = config_map.at("data.declaration~json")
    assert isinstance(text, str)
    assert Declaration.model_validate_json(text) == declaration
    assert config_map.at("metadata.annotations.cortex~dev/declaration-hash") == declaration.digest()
