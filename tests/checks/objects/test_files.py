"""The objects of `cortex:manifests` are compared field by field, whatever their kind."""

import json

import anyio
import pytest

from checks.kube.connection import Connection
from checks.kube.reading import Read
from checks.objects.check import CHECK
from checks.objects.files import FILES
from checks.results.result import Finding
from checks.snapshot.take import take
from tests.checks.fake_api import Answer, serve, status
from tests.checks.world import Json, World, declared

INGRESS: Json = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "Ingress",
    "metadata": {"name": "web", "namespace": "cortex-mcp", "annotations": {"a": "b"}},
    "spec": {"rules": [{"host": "a.test", "http": {"paths": [{"path": "/"}]}}], "tls": []},
}
WIDGET: Json = {
    "apiVersion": "example.test/v1",
    "kind": "Widget",
    "metadata": {"name": "first"},
    "spec": {"size": 3, "off": False, "selector": {"a": "b"}},
}
CONFIG: Json = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "extra", "namespace": "cortex-mcp"},
    "data": {"a": "b"},
}


@pytest.fixture
def world() -> World:
    return World(declared(manifests={"extra.yaml": [CONFIG, INGRESS, WIDGET]}))


def codes(world: World) -> list[tuple[str, str]]:
    return [(each.code, str(each.object)) for each in found(world)]


def found(world: World) -> list[Finding]:
    return list(CHECK.run(world.declaration, world.snapshot()).findings)


def test_what_is_declared_and_defaults_of_the_definition_are_no_finding(world: World) -> None:
    world.one("ingresses", "cortex-mcp")["spec"]["rules"][0]["http"]["paths"][0]["pathType"] = "Prefix"
    widget = world.one("widgets", "")
    widget["spec"] |= {"color": "red", "selector": {"a": "b", "by-default": "x"}}
    del widget["spec"]["off"]
    assert world.codes() == []


def test_a_changed_field_is_found(world: World) -> None:
    world.one("widgets", "")["spec"]["size"] = 4
    world.one("ingresses", "cortex-mcp")["spec"]["rules"][0]["host"] = "b.test"
    world.one("configmaps", "cortex-mcp", "extra")["data"]["more"] = "x"
    assert codes(world) == [
        ("object.field", "ConfigMap cortex-mcp/extra"),
        ("object.field", "Ingress cortex-mcp/web"),
        ("object.field", "Widget first"),
    ]


def test_a_missing_object_and_a_missing_namespace_are_told(world: World) -> None:
    world.remove("widgets", "")
    assert codes(world) == [("object.missing", "Widget first")]
    world.remove("namespaces", "", "cortex-mcp")
    assert codes(world) == [("object.missing", "Widget first")], "reported once, as namespace.missing"


def test_each_is_read_by_its_name_under_the_plural_that_the_api_server_tells(world: World) -> None:
    with serve(world) as api:
        widgets = {"name": "widgetry", "kind": "Widget", "namespaced": False}
        answers = {
            "/apis/example.test/v1": {"resources": [widgets, {**widgets, "name": "widgetry/status"}]},
            "/apis/example.test/v1/widgetry/first": WIDGET,
            "/api/v1": {"resources": [{"name": "configmaps", "kind": "ConfigMap", "namespaced": True}]},
            "/api/v1/namespaces/cortex-mcp/configmaps/extra": CONFIG,
        }
        api.faults = {path: [Answer(200, json.dumps(answer).encode())] for path, answer in answers.items()}
        api.faults["/apis/networking.k8s.io/v1"] = [status(404, "not here")]
        snapshot = anyio.run(take, world.declaration, Connection("test", api.url), [CHECK])
    live = {kind: reading for (kind, _, _), reading in snapshot.get(FILES).items()}
    widget, config, ingress = live["Widget"], live["ConfigMap"], live["Ingress"]
    assert isinstance(widget, Read)
    assert isinstance(config, Read)
    assert isinstance(ingress, Read)
    assert widget.value.document == WIDGET
    assert config.value.document == CONFIG
    assert ingress.value.obstacle == "the API server does not serve Ingress of networking.k8s.io/v1"
