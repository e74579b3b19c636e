"""Step 6: the kubeconfig, which is checked, and kept for its owner alone."""

from checks import private_files
from checks.bootstrap.run import Run
from checks.kube.connection import Connection, from_kubeconfig
from checks.talos.kubeconfig import fetch


async def store(run: Run, _seconds: float) -> str:
    """Fetch the kubeconfig, and write it once it has reached the cluster of its nodes."""
    fetched = await fetch(run.planned.on_talos(), run.talosconfig())
    private_files.replace(run.state.kubeconfig, fetched.content.encode())
    return f"the kubeconfig for {fetched.server} is {run.state.kubeconfig}"


def connection(run: Run) -> Connection:
    """Return the connection of the stored kubeconfig."""
    return from_kubeconfig(run.planned.declaration.cluster.context, run.state.kubeconfig)
