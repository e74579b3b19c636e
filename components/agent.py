"""The agent, which follows the cluster."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components.children import Children
from stacks.manifests.manifest import Manifest


@dataclass(frozen=True)
class AgentArgs:
    """The manifests of the agent."""

    manifests: Sequence[Manifest]


class Agent(pulumi.ComponentResource):
    """ServiceAccount, roles, NetworkPolicies, Deployment, Service; PodDisruptionBudget, claim and monitoring.

    Let it depend on the published declaration, which its pods read when they start.
    """

    def __init__(self, name: str, args: AgentArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("cortex:kubernetes:Agent", name, None, opts)
        Children(self).register_all(args.manifests)
        self.register_outputs({})
