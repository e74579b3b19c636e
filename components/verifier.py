"""The verifier inside the cluster: `cortex verify --in-cluster` on a schedule, and once after each deployment."""

from collections.abc import Collection
from dataclasses import dataclass

import pulumi

from components.register import register
from components.secret_inputs import verification_checksum
from components.secret_values import SecretValues
from stacks.manifests.site import Site
from stacks.manifests.verifier import verification, verifier_objects
from stacks.model import names
from stacks.model.custom_resources import CustomResource
from stacks.model.verifier import Verifier as Declared


@dataclass(frozen=True)
class VerifierSettings:
    """The verifier as declared, where it works, and the custom resources of which the stack declares objects."""

    verifier: Declared
    site: Site
    custom: Collection[CustomResource]


class Verifier(pulumi.ComponentResource):
    """What verifies on a schedule: account, rights to read, a NetworkPolicy to the API, and a CronJob."""

    def __init__(self, name: str, settings: VerifierSettings, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("cortex:kubernetes:Verifier", name, None, opts)
        for one in verifier_objects(settings.verifier, settings.site, settings.custom):
            register(one, pulumi.ResourceOptions(parent=self))
        self.register_outputs({})


@dataclass(frozen=True)
class VerificationSettings:
    """The verifier as declared, where it works, and what is to be verified."""

    verifier: Declared
    site: Site
    digest: str
    """The declaration's hash."""
    secrets: SecretValues
    """All values of secrets that the stack deploys, each under a name of its own."""


class Verification(pulumi.ComponentResource):
    """One run after a deployment: a Job that Pulumi awaits, so that a wrong deployment fails.

    Let it depend on the published declaration. Another declaration, or other values of secrets, are another Job, which
    replaces this one, so that all of them have one logical name.
    """

    def __init__(self, name: str, settings: VerificationSettings, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("cortex:kubernetes:Verification", name, None, opts)
        job = verification(settings.verifier, settings.site, settings.digest, secrets=bool(settings.secrets))
        child, hidden = pulumi.ResourceOptions(parent=self), verification_checksum(settings.secrets)
        register(job, child, name=names.VERIFY, hidden=hidden)
        self.register_outputs({})
