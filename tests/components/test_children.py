"""What the engine is asked for is what the declaration says, no less and no more: a verification sees all of it."""

import json
from collections.abc import Mapping
from typing import cast

import pulumi
import pytest

from components.children import Children
from stacks.manifests.build import build
from stacks.manifests.manifest import HIDDEN, Manifest
from stacks.model.declaration import Declaration
from stacks.program import deploy
from tests.components import golden
from tests.components.full import SECRETS, WORKLOADS, full
from tests.components.recording import Recording, record

FULL = {
    "secure": full(workloads=WORKLOADS),
    "the less safe settings": full(resourceManager={"scope": "cluster", "token": "legacy"}),
    "the least": full(servers={}, secrets={}, resourceManager=None, kubeStateMetrics=None, verifier=None),
}


def expected(declaration: Declaration) -> list[golden.Manifest]:
    """Give every declared object as it is made, with golden.SECRET for what is hidden."""
    return ordered(json.loads(json.dumps(one.made(), default=lambda _: golden.SECRET)) for one in build(declaration))


def registered(recording: Recording) -> list[golden.Manifest]:
    """Give every object that the engine got, with golden.SECRET for what it got as a secret."""
    return ordered(golden.masked(resource) for resource in golden.objects(recording))


def ordered(manifests: object) -> list[golden.Manifest]:
    return sorted(cast("list[golden.Manifest]", manifests), key=lambda one: json.dumps(one, sort_keys=True))


@pytest.mark.parametrize("stack", golden.stacks())
def test_committed_stacks_register_exactly_what_they_declare(stack: str) -> None:
    assert registered(golden.recorded(stack)) == expected(golden.declaration_of(stack))


@pytest.mark.parametrize("declaration", FULL.values(), ids=FULL)
def test_every_component_registers_exactly_what_is_declared(declaration: Declaration) -> None:
    assert registered(record(lambda: deploy(declaration), SECRETS)) == expected(declaration)


def made(declared: Manifest, hidden: Mapping[str, pulumi.Input[str]] | None = None) -> Recording:
    def program() -> None:
        Children(pulumi.ComponentResource("test:index:Group", "group")).register(declared, hidden=hidden)

    return record(program)


def test_unknown_kind_is_a_custom_resource() -> None:
    widget = Manifest(
        "example.com/v1", "Widget", "w", "ns", content={"spec": {"camelCase": 1, "snake_case": [True, 0.5]}}
    )
    _, resource = made(widget).resources
    assert resource.type == "kubernetes:example.com/v1:Widget"
    assert resource.inputs == widget.document()


def test_keys_inside_an_object_go_as_they_are() -> None:
    data = {"snake_case": "a", "camelCase": "b", "dotted.key": "c", "match_labels": "d"}
    assert made(Manifest("v1", "ConfigMap", "c", "ns", content={"data": data})).one("ConfigMap").at("data") == data


def test_what_is_only_fixed_at_first_is_ignored_afterwards() -> None:
    deployment = Manifest(
        "apps/v1", "Deployment", "d", "ns", content={"spec": {"paused": False}}, initial={"spec.replicas": 3}
    )
    resource = made(deployment).one("Deployment")
    assert resource.at("spec") == {"paused": False, "replicas": 3}
    assert resource.ignored == ("spec.replicas",)
    assert deployment.document()["spec"] == {"paused": False}


def test_hidden_values_are_put_in_their_places() -> None:
    secret = Manifest("v1", "Secret", "s", "ns", annotations={"sum": HIDDEN}, content={"data": {"a": HIDDEN}})
    resource = made(secret, {"sum": "1", "a": "MQ=="}).one("Secret")
    assert (resource.at("metadata.annotations"), resource.at("data")) == ({"sum": "1"}, {"a": "MQ=="})


def test_data_of_a_secret_is_secret_as_a_whole_and_in_what_the_cluster_answers() -> None:
    token = made(Manifest("v1", "Secret", "t", "ns", content={"type": "kubernetes.io/service-account-token"}))
    opaque = made(Manifest("v1", "Secret", "s", "ns", content={"data": {"a": HIDDEN}}), {"a": "MQ=="})
    assert opaque.one("Secret").secret_paths == {"data"}
    assert {secret.one("Secret").secret_outputs for secret in (token, opaque)} == {frozenset({"data"})}


def test_hidden_value_that_nobody_gives_never_reaches_the_engine() -> None:
    secret = Manifest("v1", "Secret", "s", "ns", content={"data": {"a": HIDDEN}})
    with pytest.raises(KeyError, match="a"):
        made(secret)
