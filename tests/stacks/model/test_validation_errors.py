"""What the model refuses, in sentences that name the way out."""

from typing import Literal

import pytest
from pydantic import Field, ValidationError

from stacks.model.declaration import Declaration
from stacks.model.server import Server
from stacks.model.setting_names import settings_at, way_out
from stacks.model.types import Model, Port
from stacks.model.validation_errors import sentences


class _Inner(Model):
    port: Port = 1
    on: bool = False


class _Outer(Model):
    transport: Literal["http", "stdio"] = "http"
    inner: dict[str, _Inner | None] = Field(default_factory=dict)
    listed: tuple[_Inner, ...] = ()


TRANSPORTS = (
    "must be 'http' (Streamable HTTP) or 'stdio' (standard input and output, for an image with the bridge in front)"
)


def lines(**settings: object) -> list[str]:
    with pytest.raises(ValidationError) as raised:
        _Outer.model_validate(settings)
    return sentences(raised.value, _Outer)


def test_a_list_where_kubernetes_has_one_is_told_to_be_a_mapping() -> None:
    assert lines(inner=[{"name": "A", "value": "b"}]) == [
        "inner: must be a mapping, and no list: write `NAME: VALUE` in place of `- name: NAME`"
    ]


@pytest.mark.parametrize(
    ("value", "start"),
    [
        ("sse", "'sse' is not possible: it "),
        ("streamable-http", "'streamable-http' is not possible: did you mean 'http'? It "),
        ("htpp", "'htpp' is not possible: did you mean 'http'? It "),
        (1, ""),
        ("a value that is so long that it could be a secret", ""),
    ],
)
def test_a_choice_explains_what_there_is(value: object, start: str) -> None:
    assert lines(transport=value) == [f"transport: {start}{TRANSPORTS}"]


@pytest.mark.parametrize(
    ("inner", "sentence"),
    [
        ({"port": "8080"}, "port: must be a whole number: write 8080 without quotes"),
        ({"port": "http"}, "port: must be a whole number"),
        ({"on": "true?"}, "on: must be true or false"),
        ({"prot": 1}, "prot: is not a known setting: did you mean port?"),
        ({"PORT": 1}, "PORT: is not a known setting: did you mean port?"),
        ({"colour": 1}, "colour: is not a known setting: known here are on, port"),
        ({"livenessProbe": {}}, "livenessProbe: is not a known setting: write probes.liveness"),
    ],
)
def test_a_fault_names_the_way_out_inside_mappings_and_lists(inner: object, sentence: str) -> None:
    assert lines(inner={"a": inner}) == [f"inner.a.{sentence}"]
    assert lines(listed=[inner]) == [f"listed.0.{sentence}"]


@pytest.mark.parametrize(
    ("place", "some"),
    [
        ((), {"servers", "configMaps", "extends", "defaults"}),
        (("servers", "x"), {"image", "secretEnv", "preset"}),
        (("servers", "x", "probes", "liveness"), {"path"}),
        (("servers", "x", "clients", 0), {"namespace", "labels"}),
        (("namespaces", "x", "quota"), {"requests.cpu", "pods"}),
        (("secrets", "x", "external"), {"store"}),
    ],
)
def test_the_settings_of_a_place_are_found(place: tuple[str | int, ...], some: set[str]) -> None:
    assert some <= settings_at(Declaration, place)


@pytest.mark.parametrize("place", [("servers",), ("servers", "x", "env"), ("nothing", "here")])
def test_a_place_that_has_no_settings_has_no_names(place: tuple[str, ...]) -> None:
    assert settings_at(Declaration, place) == set()
    assert way_out("anything", Declaration, place) == "check its spelling"


@pytest.mark.parametrize(
    ("word", "target"),
    [
        ("containerPort", "port"),
        ("podDisruptionBudget", "disruption"),
        ("hpa", "autoscaling"),
        ("tools", "capabilities"),
    ],
)
def test_words_of_other_tools_lead_to_settings_that_exist(word: str, target: str) -> None:
    assert way_out(word, Server, ()).startswith(f"write {target}")
    assert target in settings_at(Server, ())
