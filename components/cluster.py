"""The Kubernetes provider of a stack, which uses the declared context."""

import pulumi
from pulumi_kubernetes import Provider

from components import stack_state

_NAME = "cluster"


def connect(context: str) -> Provider:
    """Return the provider for a context of the kubeconfig that the environment names (KUBECONFIG)."""
    options = pulumi.ResourceHookOptions(on_dry_run=True)
    same_cluster = pulumi.ResourceHook("stays-on-its-cluster", _check_context, options)
    return Provider(
        _NAME,
        context=context,
        # Without it, another path of the kubeconfig could replace the provider, and with it every object.
        cluster_identifier=context,
        enable_server_side_apply=True,
        # Otherwise an update would stop with a conflict where another manager has set a declared field.
        enable_patch_force=True,
        # Otherwise each change of a value would replace the object while pods mount it.
        enable_config_map_mutable=True,
        enable_secret_mutable=True,
        opts=pulumi.ResourceOptions(hooks=pulumi.ResourceHookBinding(before_create=[same_cluster])),
    )


async def _check_context(args: pulumi.ResourceHookArgs) -> None:
    """Check that the state has no provider for another context: the engine would replace every object of the stack.

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
