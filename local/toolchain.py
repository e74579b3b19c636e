"""What tools there are: the programs of each, the Go modules that build them, the version that fits."""

import hashlib
import platform
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from local.versions import KUBERNETES, PULUMI

MODULES = Path(__file__).parent / "tools"

_KUBERNETES_STAMP = "k8s.io/component-base/version."
_MAJOR, _MINOR = KUBERNETES.removeprefix("v").split(".")[:2]


@dataclass(frozen=True)
class Tool:
    """Programs that belong together, and the Go modules under `tools/` that build them into one folder."""

    name: str
    programs: tuple[str, ...]
    modules: tuple[str, ...] = ()
    """The folders under `tools/`; none means the one of the tool's name."""
    built_as: Mapping[str, str] = field(default_factory=dict)
    """What Go calls a program → what everybody else calls it."""
    stamps: tuple[str, ...] = ()
    """Linker flags `-X` that give a program its version."""
    tags: tuple[str, ...] = field(default=(), repr=False)
    """Build tags; not shown, so that a tool without any keeps the key that it had before there were tags."""
    version: tuple[str, str] | None = None
    """Argument and pattern by which the first program shows that the one on PATH fits; all must be there."""

    def folders(self) -> list[Path]:
        """Give the folders of its Go modules."""
        return [MODULES / name for name in self.modules or (self.name,)]

    def key(self) -> str:
        """Name what a build of it gives: the same for the same modules, stamps and machine."""
        made_by = (str(self), *self.tags, platform.system(), platform.machine())
        digest = hashlib.sha256(" ".join(made_by).encode())
        for module in self.folders():
            for file in ("go.mod", "go.sum"):
                digest.update((module / file).read_bytes())
        return f"{self.name}-{digest.hexdigest()[:16]}"


TOOLS = (
    Tool("etcd", ("etcd",), built_as={"server": "etcd"}, version=("--version", r"etcd Version: 3\.6\.")),
    Tool(
        "kubernetes",
        ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy", "kubectl"),
        stamps=(
            f"{_KUBERNETES_STAMP}gitVersion={KUBERNETES}",
            f"{_KUBERNETES_STAMP}gitMajor={_MAJOR}",
            f"{_KUBERNETES_STAMP}gitMinor={_MINOR}",
        ),
        version=("--version", rf"Kubernetes {re.escape(KUBERNETES)}\b"),
    ),
    Tool(
        "pulumi",
        # The engine looks for its language host beside itself, and that looks for its executor there.
        ("pulumi", "pulumi-language-python", "pulumi-language-python-exec"),
        modules=("pulumi", "pulumi-language-python"),
        stamps=(f"github.com/pulumi/pulumi/sdk/v3/go/common/version.Version={PULUMI}",),
        version=("version", rf"{re.escape(PULUMI)}\b"),
    ),
    Tool(
        "containerd",
        ("containerd", "containerd-shim-runc-v2", "ctr"),
        version=("--version", r"containerd\S* v?2\.2\."),
    ),
    Tool("cni-plugins", ("bridge", "host-local", "loopback", "portmap")),
    Tool("kube-router", ("kube-router",)),
    Tool("coredns", ("coredns",)),
    Tool("metrics-server", ("metrics-server",)),
    Tool("kube-state-metrics", ("kube-state-metrics",)),
    Tool("kwok", ("kwok",)),
)
"""The programs of the embedded cluster."""

TEST_TOOLS = (
    Tool("popeye", ("popeye",)),
    # Service discovery is half of its code, and no rule needs any.
    Tool("promtool", ("promtool",), tags=("remove_all_sd",)),
)
"""Programs of others that judge what the components write; the tests build them when they first need them."""
