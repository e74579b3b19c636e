"""The rotator: `cortex secrets rotate-due --in-cluster` on a schedule."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components.children import Children
from stacks.manifests.manifest import Manifest


@dataclass(frozen=True)
class RotatorArgs:
    """The manifests of the rotator."""

    manifests: Sequence[Manifest]


class Rotator(pulumi.ComponentResource):
    """What rotates Secrets on a schedule: account, permissions, NetworkPolicy, the Secret of its journal, CronJob."""

    def __init__(self, name: str, args: RotatorArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("cortex:kubernetes:Rotator", name, None, opts)
        Children(self).register_all(args.manifests)
        self.register_outputs({})
