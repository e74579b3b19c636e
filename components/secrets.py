"""Secrets that the stack declares (seed, section 6)."""

from dataclasses import dataclass

import pulumi

from components.handover import COMPONENT, keep
from components.register import register
from components.secret_inputs import secret_data
from components.secret_values import SecretValues
from stacks.manifests import secrets
from stacks.model import secret as model


@dataclass(frozen=True)
class DeclaredSecretSettings:
    """A Secret as declared, with its values and the label `cortex.dev/component` of its namespace."""

    secret: model.Secret
    values: SecretValues
    component: str
    handed_over: bool = False
    """Whether the stack made the Secret, and others provide it from now on."""


class DeclaredSecret(pulumi.ComponentResource):
    """A Secret, or the ExternalSecret from which an operator makes it; of an existing one only what is handed over.

    `name` is the Secret's name.
    """

    def __init__(self, name: str, settings: DeclaredSecretSettings, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(COMPONENT, name, None, opts)
        declared = secrets.secret(name, settings.secret, settings.component)
        if declared:
            hidden = secret_data(declared, settings.values) if settings.secret.keys else {}
            register(declared, pulumi.ResourceOptions(parent=self), hidden=hidden)
        if settings.handed_over:
            keep(name, self)
        self.register_outputs({})
