"""What holds of the objects of any declaration that the model allows."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import cast

from hypothesis import given, settings

from stacks.model import names
from stacks.model.declaration import Declaration
from stacks.validation.validate import validate
from tests.components.golden import rendered
from tests.components.recording import Recording, Registration
from tests.components.test_restricted import pods, violations
from tests.stacks.strategies import UNHURRIED, Settings, declarations

OTHERS = {"kube-system", "default"}

# A program is run for each: a few say as much as many, and the same ones every time.
few = settings(UNHURRIED, max_examples=8, derandomize=True)


def objects(recording: Recording) -> list[Registration]:
    return [resource for resource in recording.resources if resource.type.startswith("kubernetes:")]


def metadata(resource: Registration) -> Mapping[str, str]:
    return cast("Mapping[str, str]", resource.at("metadata"))


def secret_rules(recording: Recording) -> Iterator[tuple[str, Mapping[str, object]]]:
    """Give each rule about Secrets, with the name of its role."""
    for kind in ("Role", "ClusterRole"):
        for role in recording.of(kind).values():
            for rule in cast("list[Mapping[str, list[str]]]", role.at("rules")):
                if "secrets" in rule["resources"]:
                    yield metadata(role)["name"], rule


@few
@given(declarations())
def test_any_declaration(stack: Settings) -> None:
    declaration = Declaration.model_validate(stack)
    assert validate(declaration) == []
    recording = rendered(declaration)
    found = objects(recording)

    # The engine and the cluster each know a thing by one name.
    logical = Counter((resource.parent, resource.type, resource.name) for resource in recording.resources)
    assert [name for name, times in logical.items() if times > 1] == []
    live = Counter((r.type, metadata(r).get("namespace"), metadata(r)["name"]) for r in found)
    assert [name for name, times in live.items() if times > 1] == []

    # Nothing lies outside the declared namespaces, but the rights to look at the cluster's DNS and at nodes' events.
    spaces = {metadata(resource).get("namespace", names.SYSTEM_NAMESPACE) for resource in found}
    assert spaces <= {*declaration.namespaces, *declaration.existing_namespaces, *OTHERS}
    elsewhere = {(space, metadata(r)["name"]) for r in found if (space := metadata(r).get("namespace")) in OTHERS}
    known = {("kube-system", names.VERIFIER), ("default", names.AGENT_NODES_ROLE)}
    assert elsewhere <= known or "default" in declaration.existing_namespaces

    # Every pod is fit for `restricted`, whatever its namespace enforces.
    assert {name: violations(pod) for name, pod in pods(recording).items()} == {name: [] for name in pods(recording)}

    # No role reads Secrets that are not named, except with `scope: cluster`, which warns.
    unnamed = {role for role, rule in secret_rules(recording) if not rule.get("resourceNames")}
    everywhere = declaration.resource_manager is not None and declaration.resource_manager.scope == "cluster"
    assert unnamed == ({names.RESOURCE_MANAGER_ROLE} if everywhere else set())
