"""A Secret that the stack made and that others provide from now on stays where it is."""

from collections.abc import Mapping

import pulumi
import pytest

from stacks.program import deploy
from tests.components.recording import Recording, declared, record

EXISTING = {"namespace": "cortex-mcp", "existing": ["token"]}
EXTERNAL = {"namespace": "cortex-mcp", "external": {"store": "vault", "keys": {"token": "a/token"}}}
OURS = {"namespace": "cortex-mcp", "keys": {"token": {"literal": "hunter2"}}}


def state(kind: str, namespace: str = "cortex-mcp") -> dict[str, object]:
    urn = f"urn:pulumi:local::cortex::cortex:kubernetes:Secret${kind}::shared"
    return {urn: {"type": kind, "outputs": {"metadata": {"name": "shared", "namespace": namespace}}}}


def deployed(secret: Mapping[str, object], before: Mapping[str, object]) -> Recording:
    operators = {"context": "test", "environment": "testing", "customResources": ["ExternalSecret"]}
    declaration = declared({"cluster": operators, "secrets": {"shared": secret}})
    return record(lambda: deploy(declaration), state=before)


def secrets(recording: Recording) -> list[str]:
    return [resource.name for resource in recording.resources if resource.type == "kubernetes:core/v1:Secret"]


@pytest.mark.parametrize("secret", [EXISTING, EXTERNAL], ids=["existing", "external"])
def test_a_secret_of_the_stack_stays_as_it_was(secret: Mapping[str, object]) -> None:
    recording = deployed(secret, state("kubernetes:core/v1:Secret"))
    (kept,) = (one for one in recording.resources if one.type == "kubernetes:core/v1:Secret")
    assert (kept.name, kept.inputs) == ("shared", {})
    assert kept.ignored == ("apiVersion", "data", "kind", "metadata", "type")
    assert kept.retained
    assert kept.secret_outputs == {"data"}


@pytest.mark.parametrize("secret", [EXISTING, EXTERNAL], ids=["existing", "external"])
@pytest.mark.parametrize("before", [{}, state("kubernetes:core/v1:Secret", "elsewhere")], ids=["none", "elsewhere"])
def test_of_others_there_is_nothing_to_keep(secret: Mapping[str, object], before: Mapping[str, object]) -> None:
    assert secrets(deployed(secret, before)) == []


def test_a_secret_that_comes_back_is_the_stacks_again() -> None:
    recording = deployed(OURS, state("kubernetes:core/v1:Secret"))
    secret = recording.one("Secret")
    assert (secret.ignored, secret.retained) == ((), False)


def test_what_an_operator_would_delete_is_refused() -> None:
    with pytest.raises(pulumi.RunError, match=r"^cortex:secrets\.shared: its ExternalSecret is deleted, and with it"):
        deployed(EXISTING, state("kubernetes:external-secrets.io/v1:ExternalSecret"))
