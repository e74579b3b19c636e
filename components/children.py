"""Registers manifests with the engine, after putting in the secret values that the declaration does not hold.

A resource has the type token of the SDK's class for its kind, but is made without the class: importing the classes
takes as long as the rest of the program. tests/components/test_fields.py compares every field with them.
"""

from collections.abc import Iterable, Mapping, Sequence

import pulumi

from stacks.manifests.manifest import Hidden, Identity, Manifest, Value

HiddenValues = Mapping[str, pulumi.Input[str]]
"""The key of a field → its value, for what is hidden in an object."""

_SECRET = "Secret"  # noqa: S105 - a kind of object


class Children:
    """The objects of a component: each is registered after those of its manifest's `depends_on`."""

    def __init__(self, parent: pulumi.Resource) -> None:
        self._parent = parent
        self._registered: dict[Identity, pulumi.Resource] = {}

    def register_all(self, manifests: Iterable[Manifest]) -> None:
        """Register manifests that hide nothing, in their order."""
        for manifest in manifests:
            self.register(manifest)

    def register(
        self,
        manifest: Manifest,
        *,
        name: str | None = None,
        hidden: HiddenValues | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> pulumi.Resource:
        """Register an object. Its logical `name`, which is part of its URN, follows from its own unless given.

        Raises:
            KeyError: `hidden` lacks a value that the manifest hides, or the manifest depends on an object that has not
                been registered.
        """
        inputs = {key: _revealed(value, hidden or {}) for key, value in manifest.made().items()}
        if manifest.kind == _SECRET and "data" in inputs:
            inputs["data"] = pulumi.Output.secret(inputs["data"])
        merged = pulumi.ResourceOptions.merge(self._options(manifest), opts)
        resource = pulumi.CustomResource(_token(manifest), name or _logical_name(manifest), inputs, merged)
        self._registered[manifest.identity] = resource
        return resource

    def _options(self, manifest: Manifest) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(
            parent=self._parent,
            depends_on=[self._registered[identity] for identity in sorted(manifest.depends_on)],
            # An object that moves to another namespace is deleted first. Were it created there first, and the
            # deployment failed before its deletes, the way back would find the old object in its place.
            delete_before_replace=True,
            ignore_changes=[*manifest.initial],
            retain_on_delete=manifest.retained,
            additional_secret_outputs=["data"] if manifest.kind == _SECRET else None,
        )


def in_namespace(manifest: Manifest) -> str:
    """Return the logical name of an object whose own name is used in several namespaces."""
    return f"{manifest.namespace}-{manifest.name}"


def _logical_name(manifest: Manifest) -> str:
    # One account has roles and bindings of one name in many namespaces.
    return in_namespace(manifest) if manifest.kind in {"Role", "RoleBinding"} else manifest.name


def _token(manifest: Manifest) -> str:
    version = manifest.api_version
    return f"kubernetes:{version if '/' in version else f'core/{version}'}:{manifest.kind}"


def _revealed(value: Value, hidden: HiddenValues, key: str = "") -> object:
    # Most values are text; the questions below take much longer.
    if isinstance(value, str):
        return value
    if isinstance(value, Hidden):
        return hidden[key]
    if isinstance(value, Mapping):
        return {inner: _revealed(one, hidden, inner) for inner, one in value.items()}
    if isinstance(value, Sequence):
        return [_revealed(one, hidden) for one in value]
    return value
