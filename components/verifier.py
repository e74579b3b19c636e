"""The verifier inside the cluster: `cortex verify --in-cluster` on a schedule, and once after each deployment."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pulumi

from components.children import Children, HiddenValues
from stacks.manifests.manifest import Manifest
from stacks.model import names


@dataclass(frozen=True)
class VerifierArgs:
    """The manifests of the scheduled verifier."""

    manifests: Sequence[Manifest]


class Verifier(pulumi.ComponentResource):
    """What verifies on a schedule: account, permissions to read, a NetworkPolicy to the API, and a CronJob."""

    def __init__(self, name: str, args: VerifierArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("cortex:kubernetes:Verifier", name, None, opts)
        Children(self).register_all(args.manifests)
        self.register_outputs({})


@dataclass(frozen=True)
class VerificationArgs:
    """The Job that verifies a deployment, with the values that it hides."""

    job: Manifest
    hidden: HiddenValues = field(default_factory=dict)


class Verification(pulumi.ComponentResource):
    """One run after a deployment: a Job that Pulumi awaits, so that a wrong deployment fails.

    Let it depend on the published declaration. Another declaration, or other values of secrets, make another Job. It
    replaces this one, so all of them have one logical name.
    """

    def __init__(self, name: str, args: VerificationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("cortex:kubernetes:Verification", name, None, opts)
        Children(self).register(args.job, name=names.VERIFY, hidden=args.hidden)
        self.register_outputs({})
