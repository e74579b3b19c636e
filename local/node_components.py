"""Command lines and configuration of a real node: containerd, kubelet, kube-proxy and kube-router."""

import json
from collections.abc import Mapping
from pathlib import Path

from local.cluster_setup import ClusterSetup
from local.control_plane import API_SERVER, CLUSTER_DOMAIN
from local.files import write
from local.images import Image
from local.node_plan import Component

RUNTIME_SOCKET = "/run/containerd/containerd.sock"
_SYSTEM_IMAGES = ("image-pause", "image-coredns", "image-metrics-server")
POD_NETWORK = "cortex"
DNS_NUMBER = 10
"""The number of the DNS Service's address in the range of Services."""


def node_name(cluster: str) -> str:
    """Return the name of the cluster's real node."""
    return f"{cluster}-node"


def components(setup: ClusterSetup, images: Mapping[str, Image]) -> list[Component]:
    """Return the components of the node. The kubelet starts after the images of kube-system are imported."""
    imports: list[Component] = []
    for image in sorted(images.values(), key=lambda image: image.archive.stat().st_size):
        # One after the other, because images share layers and the disk.
        needs = (imports[-1].name if imports else "containerd",)
        imports.append(Component(f"image-{image.name}", import_command(setup.programs["ctr"], image), needs, once=True))
    return [
        _containerd(setup, images["pause"]),
        *imports,
        _kubelet(setup),
        _kube_proxy(setup),
        _registration(setup),
        _kube_router(setup),
    ]


def _containerd(setup: ClusterSetup, pause: Image) -> Component:
    cni_bin, cni_conf = setup.programs["bridge"].parent, setup.folder.config / "cni"
    write(cni_conf / "10-cortex.conflist", _pod_network(setup))
    config = setup.folder.config / "containerd.toml"
    root = setup.folder.data / "containerd"
    text = _CONTAINERD.format(
        root=root, socket=RUNTIME_SOCKET, pause=pause.reference, cni_bin=cni_bin, cni_conf=cni_conf
    )
    write(config, text)
    return Component("containerd", (setup.program("containerd"), f"--config={config}"), health=f"unix:{RUNTIME_SOCKET}")


# restrict_oom_score_adj: where this process may not lower OOM scores, pods would otherwise fail to start.
_CONTAINERD = """\
version = 3
root = "{root}"
state = "/run/containerd"

[grpc]
address = "{socket}"

[plugins."io.containerd.cri.v1.runtime"]
restrict_oom_score_adj = true

[plugins."io.containerd.cri.v1.runtime".cni]
bin_dirs = ["{cni_bin}"]
conf_dir = "{cni_conf}"

[plugins."io.containerd.cri.v1.images".pinned_images]
sandbox = "{pause}"
"""


def _pod_network(setup: ClusterSetup) -> str:
    """Return the CNI configuration. Addresses in use are kept under /run, so a crash of the node frees them all."""
    bridge = {
        "type": "bridge",
        "bridge": "cni0",
        "isDefaultGateway": True,
        "hairpinMode": True,
        "ipam": {
            "type": "host-local",
            "dataDir": "/run/cni/addresses",
            "ranges": [[{"subnet": setup.state.pods}]],
        },
    }
    return json.dumps({"cniVersion": "1.0.0", "name": POD_NETWORK, "plugins": [bridge, _PORT_MAP]}, indent=2)


_PORT_MAP = {"type": "portmap", "capabilities": {"portMappings": True}}


def import_command(ctr: Path, image: Image) -> tuple[str, ...]:
    """Return the command that imports an image if containerd lacks it. References contain the hash of the content."""
    script = '"$0" -n k8s.io images ls -q "name==$1" | grep -qxF "$1" || "$0" -n k8s.io images import "$2"'
    return ("sh", "-c", script, str(ctr), image.reference, str(image.archive))


def _kubelet(setup: ClusterSetup) -> Component:
    pki = setup.authority
    config = setup.settings("kubelet", {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": str(pki.certificate("ca"))},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": str(pki.certificate("server")),
        "tlsPrivateKeyFile": str(pki.key("server")),
        "containerRuntimeEndpoint": f"unix://{RUNTIME_SOCKET}",
        "clusterDomain": CLUSTER_DOMAIN,
        "clusterDNS": [setup.state.service_address(DNS_NUMBER)],
        "resolvConf": _resolver(setup),
        "podLogsDir": str(setup.folder.data / "pod-logs"),
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{setup.folder.cgroup}",
        "failCgroupV1": False,
        "failSwapOn": False,
        "localStorageCapacityIsolation": False,
        "evictionHard": {"memory.available": "100Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
        "registerWithTaints": [],
        "shutdownGracePeriod": "0s",
        "syncFrequency": "10s",
    })  # fmt: skip
    command = [
        setup.program("kubelet"), f"--config={config}", f"--kubeconfig={setup.kubeconfig('kubelet')}",
        "--root-dir=/var/lib/kubelet", f"--hostname-override={node_name(setup.folder.name)}",
        f"--node-ip={setup.state.node_address}", "--node-labels=node.kubernetes.io/role=embedded",
    ]  # fmt: skip
    return Component("kubelet", tuple(command), (API_SERVER, *_SYSTEM_IMAGES), "http://127.0.0.1:10248/healthz")


def _resolver(setup: ClusterSetup) -> str:
    """Write and return the pods' resolver configuration: the cluster's DNS only, so no name is looked up elsewhere."""
    path = setup.folder.config / "resolv.conf"
    write(path, f"nameserver {setup.state.service_address(DNS_NUMBER)}\n", mode=0o644)
    return str(path)


def _kube_proxy(setup: ClusterSetup) -> Component:
    config = setup.settings("kube-proxy", {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "iptables",
        "clientConnection": {"kubeconfig": setup.kubeconfig("kube-proxy")},
        "clusterCIDR": setup.state.pods,
        "hostnameOverride": node_name(setup.folder.name),
        "healthzBindAddress": "127.0.0.1:10256",
        "metricsBindAddress": "127.0.0.1:10249",
        # These limits apply to the whole machine, so they are not changed.
        "conntrack": {"maxPerCore": 0, "min": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"},
    })  # fmt: skip
    return Component(
        "kube-proxy", (setup.program("kube-proxy"), f"--config={config}"), (API_SERVER,), "http://127.0.0.1:10256/livez"
    )


def _registration(setup: ClusterSetup) -> Component:
    """Return a task that waits until the node is registered: kube-router exits if its node does not exist."""
    command = (
        setup.program("kubectl"), f"--kubeconfig={setup.kubeconfig('admin')}", "wait", "--for=create",
        f"node/{node_name(setup.folder.name)}", "--timeout=300s",
    )  # fmt: skip
    return Component("registration", command, ("kubelet",), once=True)


def _kube_router(setup: ClusterSetup) -> Component:
    """Return kube-router, which only enforces NetworkPolicies here: kube-proxy does Services, and there is one node."""
    command = [
        setup.program("kube-router"), f"--kubeconfig={setup.kubeconfig('kube-router')}", "--run-router=false",
        "--run-service-proxy=false", "--run-firewall=true", f"--hostname-override={node_name(setup.folder.name)}",
        f"--service-cluster-ip-range={setup.state.services}", "--health-port=20244", "--metrics-port=0",
    ]  # fmt: skip
    return Component("kube-router", tuple(command), ("registration",), "http://127.0.0.1:20244/healthz")
