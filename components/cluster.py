"""The one connection of a stack: a provider pinned to the declared context, never the default one."""

import pulumi
from pulumi_kubernetes import Provider

from components import stack_state

_NAME = "cluster"


def connect(context: str) -> Provider:
    """Make the provider for a context of the kubeconfig that the environment names (KUBECONFIG)."""
    options = pulumi.ResourceHookOptions(on_dry_run=True)
    stays = pulumi.ResourceHook("stays-on-its-cluster", _stay, options)
    return Provider(
        _NAME,
        context=context,
        # Without it a kubeconfig that merely moved may replace the provider, and every object with it.
        cluster_identifier=context,
        enable_server_side_apply=True,
        # Else whoever last set a declared field keeps it: an update would stop with a conflict.
        enable_patch_force=True,
        # Else each change of a value deletes the object and makes it anew, while pods mount it.
        enable_config_map_mutable=True,
        enable_secret_mutable=True,
        opts=pulumi.ResourceOptions(hooks=pulumi.ResourceHookBinding(before_create=[stays])),
    )


async def _stay(args: pulumi.ResourceHookArgs) -> None:
    """Refuse another provider than the one that the state has: the engine would replace every object of the stack.

    Raises:
        pulumi.RunError: the stack is on another context.
    """
    if provider := (await stack_state.read_async()).get(args.urn):
        old, new = provider["outputs"].get("context"), (args.new_inputs or {}).get("context")
        raise pulumi.RunError(
            f"cortex:cluster.context: the stack is on {old!r}, and a stack does not move to {new!r}: if the context "
            "got another name, give it the old one (`kubectl config rename-context`); to move, `pulumi destroy` with "
            "the old context first, or make a new stack"
        )
