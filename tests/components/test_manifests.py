from components.manifests import Manifests, ManifestsArgs
from stacks.manifests.files import file_manifests
from tests.components.recording import record

CONFIG = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "cortex-mcp"}, "data": {}}
WIDGET = {"apiVersion": "example.test/v1", "kind": "Widget", "metadata": {"name": "b"}, "spec": {"size": 3}}


def test_objects_of_any_kind_are_registered_one_after_the_other() -> None:
    args = ManifestsArgs(tuple(file_manifests([CONFIG, WIDGET])))  # type: ignore[list-item]
    recording = record(lambda: Manifests("extra.yaml", args))
    config, widget = recording.one("ConfigMap"), recording.one("Widget")
    assert (config.type, config.name) == ("kubernetes:core/v1:ConfigMap", "cortex-mcp/a")
    assert (widget.type, widget.name) == ("kubernetes:example.test/v1:Widget", "b")
    assert widget.inputs == WIDGET
    assert [urn.rpartition("::")[2] for urn in widget.depends_on] == ["cortex-mcp/a"]
    assert not config.depends_on
