"""The verifier inside the cluster: `cortex verify --in-cluster` on a schedule, and once after each deployment."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components.register import register
from stacks import names
from stacks.objects.verifier import verification, verifier_objects
from stacks.verifier import Verifier as Declared


@dataclass(frozen=True)
class VerifierSettings:
    """The verifier as declared, and the namespaces whose objects it looks at."""

    verifier: Declared
    namespaces: Sequence[str]


class Verifier(pulumi.ComponentResource):
    """What verifies on a schedule: account, rights to read, a NetworkPolicy to the API, and a CronJob."""

    def __init__(self, name: str, settings: VerifierSettings, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("cortex:kubernetes:Verifier", name, None, opts)
        for one in verifier_objects(settings.verifier, settings.namespaces):
            register(one, pulumi.ResourceOptions(parent=self))
        self.register_outputs({})


@dataclass(frozen=True)
class VerificationSettings:
    """The verifier as declared, and the hash of the declaration that is to be verified."""

    verifier: Declared
    digest: str


class Verification(pulumi.ComponentResource):
    """One run after a deployment: a Job that Pulumi awaits, so that a wrong deployment fails.

    Let it depend on the published declaration. Another declaration is another Job, which replaces this one, so that
    all of them have one logical name.
    """

    def __init__(self, name: str, settings: VerificationSettings, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("cortex:kubernetes:Verification", name, None, opts)
        # First delete: after a deployment that failed, the way back leads to a Job that would still be there.
        replaced = pulumi.ResourceOptions(parent=self, delete_before_replace=True)
        register(verification(settings.verifier, settings.digest), replaced, name=names.VERIFY)
        self.register_outputs({})
