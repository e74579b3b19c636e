"""Secrets that the stack declares."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pulumi

from components.children import Children, HiddenValues
from components.handover import COMPONENT, keep
from stacks.manifests.manifest import Manifest


@dataclass(frozen=True)
class DeclaredSecretArgs:
    """The manifest of a declared Secret, with the values that it hides."""

    manifests: Sequence[Manifest]
    """A Secret, or the ExternalSecret from which an operator makes it; empty for an existing one."""
    hidden: HiddenValues = field(default_factory=dict)
    handed_over: bool = False
    """Whether the stack made the Secret, and others provide it from now on."""


class DeclaredSecret(pulumi.ComponentResource):
    """A Secret, or the ExternalSecret from which an operator makes it; of an existing one only what is handed over.

    `name` is the key under which the Secret is declared.
    """

    def __init__(self, name: str, args: DeclaredSecretArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(COMPONENT, name, None, opts)
        children = Children(self)
        for manifest in args.manifests:
            # Under its key, because Secrets of two namespaces can have one name.
            children.register(manifest, name=name, hidden=args.hidden)
        if args.handed_over:
            keep(name, self)
        self.register_outputs({})
