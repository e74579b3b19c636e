"""What runs in kube-system: applied with kubectl as soon as the API server answers, and waited for at the end."""

import string
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

from local.errors import ClusterError
from local.folders import Folder

_MANIFESTS = Path(__file__).parent / "manifests"
_READY_WITHIN_SECONDS = 120


class Addons:
    """Applies manifests to a cluster and waits for what they start."""

    def __init__(self, folder: Folder, kubectl: Path, progress: Callable[[str], None]) -> None:
        self._folder = folder
        self._kubectl = kubectl
        self._progress = progress

    def apply(self, name: str, values: Mapping[str, str]) -> None:
        """Apply the manifest of this name, its `${…}` filled in.

        Raises:
            ClusterError: the API server refuses.
        """
        text = string.Template((_MANIFESTS / f"{name}.yaml").read_text(encoding="utf-8")).substitute(values)
        self._run(f"applying {name}", "apply", "--server-side", "--force-conflicts", "-f", "-", given=text)

    def wait(self, deployment: str) -> None:
        """Wait until a Deployment in kube-system is available.

        Raises:
            ClusterError: it is not available in time.
        """
        self._progress(f"waiting for {deployment}")
        self._run(
            f"waiting for {deployment}", "--namespace=kube-system", "rollout", "status", f"deployment/{deployment}",
            f"--timeout={_READY_WITHIN_SECONDS}s",
        )  # fmt: skip

    def _run(self, what: str, *arguments: str, given: str | None = None) -> None:
        command = [str(self._kubectl), f"--kubeconfig={self._folder.kubeconfig}", *arguments]
        done = subprocess.run(command, input=given, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            lines = (done.stderr.strip() or done.stdout.strip()).splitlines() or ["kubectl printed nothing"]
            raise ClusterError(f"{what} failed: {lines[-1]}: `cortex local logs --name {self._folder.name}` shows more")
