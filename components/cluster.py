"""The one connection of a stack: a provider pinned to the declared context, never the default one."""

from pulumi_kubernetes import Provider


def connect(context: str) -> Provider:
    """Make the provider for a context of the kubeconfig that the environment names (KUBECONFIG)."""
    return Provider(
        "cluster",
        context=context,
        # Without it a kubeconfig that merely moved may replace the provider, and every object with it.
        cluster_identifier=context,
        enable_server_side_apply=True,
        # Else whoever last set a declared field keeps it: an update would stop with a conflict.
        enable_patch_force=True,
        # Else each change of a value deletes the object and makes it anew, while pods mount it.
        enable_config_map_mutable=True,
        enable_secret_mutable=True,
    )
