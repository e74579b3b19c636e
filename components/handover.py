"""Secrets that the stack made, and that others provide from now on.

The engine would delete such a Secret, although pods still read it. So it stays in the state as it was last deployed:
the stack never changes it again, and leaves it in the cluster when it leaves the state.
"""

from typing import cast

import pulumi

from components import stack_state
from stacks.model.declaration import Declaration
from stacks.model.secret import Secret

COMPONENT = "cortex:kubernetes:Secret"
"""The type of the component that registers declared Secrets."""
SECRET = "kubernetes:core/v1:Secret"  # noqa: S105 - a kind of object
_EXTERNAL = "kubernetes:external-secrets.io/v1:ExternalSecret"
_INPUTS = ["apiVersion", "data", "kind", "metadata", "type"]


def handed_over(declaration: Declaration) -> frozenset[str]:
    """Return the keys of the declared Secrets that the stack made and that others provide from now on.

    The state is read only if others provide any Secret.

    Raises:
        pulumi.RunError: an operator made the Secret, and would delete it with its ExternalSecret.
    """
    others = {name: secret for name, secret in declaration.secrets.items() if not (secret.keys or secret.generated)}
    if not others:
        return frozenset()
    state = stack_state.read()
    faults = [
        _going(name) for name, secret in others.items() if secret.existing and _is_in(state, _EXTERNAL, name, secret)
    ]
    if faults:
        raise pulumi.RunError("\n".join(faults))
    return frozenset(name for name, secret in others.items() if _is_in(state, SECRET, name, secret))


def keep(name: str, parent: pulumi.Resource) -> pulumi.Resource:
    """Register the Secret as it is in the state."""
    kept = pulumi.ResourceOptions(
        parent=parent, ignore_changes=_INPUTS, retain_on_delete=True, additional_secret_outputs=["data"]
    )
    return pulumi.CustomResource(SECRET, name, {}, kept)


def _is_in(state: stack_state.Resources, kind: str, name: str, secret: Secret) -> bool:
    urn = f"urn:pulumi:{pulumi.get_stack()}::{pulumi.get_project()}::{COMPONENT}${kind}::{name}"
    if urn not in state:
        return False
    metadata = cast("dict[str, str]", state[urn]["outputs"]["metadata"])
    return (metadata["namespace"], metadata["name"]) == (secret.namespace, secret.called(name))


def _going(name: str) -> str:
    return (
        f"cortex:secrets.{name}: its ExternalSecret is deleted, and with it the Secret that the operator made: "
        "give the existing Secret another name, and let the servers use that"
    )
