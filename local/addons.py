"""Addons in kube-system: applied with kubectl when the API server is ready, and awaited when all components are."""

import string
from collections.abc import Callable, Mapping
from pathlib import Path

from local.errors import ClusterError
from local.folders import Folder
from local.subprocesses import run

_MANIFESTS = Path(__file__).parent / "manifests"
_READY_WITHIN_SECONDS = 120


class Addons:
    """Applies manifests to a cluster, and waits for their Deployments."""

    def __init__(self, folder: Folder, kubectl: Path, progress: Callable[[str], None]) -> None:
        self._folder = folder
        self._program = kubectl
        self._progress = progress

    def apply(self, name: str, values: Mapping[str, str]) -> None:
        """Apply the manifest of this name, with its `${…}` placeholders replaced by `values`.

        Raises:
            ClusterError: The API server refuses it.
        """
        text = string.Template((_MANIFESTS / f"{name}.yaml").read_text(encoding="utf-8")).substitute(values)
        self._kubectl(f"applying {name}", "apply", "--server-side", "--force-conflicts", "-f", "-", given=text)

    def wait(self, deployment: str) -> None:
        """Wait until a Deployment in kube-system is available.

        Raises:
            ClusterError: It is not available in time.
        """
        self._progress(f"waiting for {deployment}")
        try:
            self._kubectl(
                f"waiting for {deployment}", "--namespace=kube-system", "rollout", "status",
                f"deployment/{deployment}", f"--timeout={_READY_WITHIN_SECONDS}s",
            )  # fmt: skip
        except ClusterError as error:
            raise ClusterError(f"{error}; its pods: {self._pods(deployment)}") from error

    def _pods(self, deployment: str) -> str:
        """Return the states of the pods of a Deployment, and their last log line."""
        find = ("--namespace=kube-system", "get", "pods", "--no-headers")
        pods = [line.split() for line in self._kubectl("listing pods", *find).splitlines()]
        states = ", ".join(f"{pod[0]} is {pod[2]}" for pod in pods if pod[0].startswith(deployment))
        said = self._kubectl(
            "reading logs", "--namespace=kube-system", "logs", f"deployment/{deployment}", "--tail=1", "--ignore-errors"
        )
        return f"{states or 'there are none'}; last log line: {said.strip() or 'none'}"

    def _kubectl(self, what: str, *arguments: str, given: str = "") -> str:
        command = [str(self._program), f"--kubeconfig={self._folder.kubeconfig}", *arguments]
        return run(command, ClusterError, what, given=given)
