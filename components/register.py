"""Asks the engine for a Kubernetes object: as declared, with the values that the declaration does not hold put in.

It goes there under the type token of the SDK's class for it, but without the class: importing those takes as long as
all the rest of the program. tests/components/test_fields.py holds every field against them.
"""

from collections.abc import Mapping, Sequence

import pulumi

from stacks.manifests.manifest import Hidden, Manifest, Value

HiddenValues = Mapping[str, pulumi.Input[str]]
"""The key of a field → its value, for what is hidden in an object."""

_SECRET = "Secret"  # noqa: S105 - a kind of object


def register(
    declared: Manifest, opts: pulumi.ResourceOptions, *, name: str | None = None, hidden: HiddenValues | None = None
) -> pulumi.Resource:
    """Register an object; its logical `name`, which is part of its URN, follows from its own unless told.

    Raises:
        KeyError: something is hidden in the object, and `hidden` does not have it.
    """
    inputs = {key: _revealed(value, hidden or {}) for key, value in declared.made().items()}
    # What moves to another namespace is deleted first. Were it made there first, and the deployment failed before its
    # deletes, the way back would find the old object in its place.
    opts = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(delete_before_replace=True))
    if declared.initial:
        opts = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(ignore_changes=[*declared.initial]))
    if declared.kind == _SECRET:
        opts = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(additional_secret_outputs=["data"]))
        if "data" in inputs:
            inputs["data"] = pulumi.Output.secret(inputs["data"])
    return pulumi.CustomResource(_token(declared), name or _logical_name(declared), inputs, opts)


def in_namespace(declared: Manifest) -> str:
    """Give the logical name of an object whose own name is used in several namespaces."""
    return f"{declared.namespace}-{declared.name}"


def _logical_name(declared: Manifest) -> str:
    # One account has roles and bindings of one name in many namespaces.
    return in_namespace(declared) if declared.kind in {"Role", "RoleBinding"} else declared.name


def _token(declared: Manifest) -> str:
    version = declared.api_version
    return f"kubernetes:{version if '/' in version else f'core/{version}'}:{declared.kind}"


def _revealed(value: Value, hidden: HiddenValues, key: str = "") -> object:
    if isinstance(value, Hidden):
        return hidden[key]
    if isinstance(value, Mapping):
        return {inner: _revealed(one, hidden, inner) for inner, one in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_revealed(one, hidden) for one in value]
    return value
