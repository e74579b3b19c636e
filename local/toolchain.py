"""The tools of the embedded cluster and of the tests: their programs, Go modules and versions."""

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
    """Programs that are built together, from Go modules under `tools/`, into one folder."""

    name: str
    programs: tuple[str, ...]
    modules: tuple[str, ...] = ()
    """The module folders under `tools/`; by default the one with the tool's name."""
    built_as: Mapping[str, str] = field(default_factory=dict)
    """Name of a program as built by Go → its usual name."""
    stamps: tuple[str, ...] = ()
    """Linker flags `-X` that set a program's version."""
    tags: tuple[str, ...] = field(default=(), repr=False)
    """Build tags. They are not part of the repr, so tools without tags keep the keys of earlier releases."""
    version: tuple[str, str] | None = None
    """An argument for the first program on PATH, and the pattern that its output then has in the pinned version."""

    def folders(self) -> list[Path]:
        """Return the folders of its Go modules."""
        return [MODULES / name for name in self.modules or (self.name,)]

    def key(self) -> str:
        """Return the key of a build, which depends on the modules, the flags and the machine."""
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
        # The engine searches its language host in its own folder, and the host its executor.
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
"""The tools of the embedded cluster."""

TEST_TOOLS = (
    Tool("popeye", ("popeye",)),
    # Without service discovery, which rules do not need, promtool is half as large.
    Tool("promtool", ("promtool",), tags=("remove_all_sd",)),
)
"""Linters for the deployed objects and alerts; the live tests build them at first use."""
