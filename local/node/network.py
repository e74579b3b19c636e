"""The node's side of the network: loopback, and the link that the machine puts into its namespace."""

import subprocess
import time
from pathlib import Path

from local.node_plan import Link

INTERFACE = "eth0"
_SYSCTLS = {
    "net/ipv4/ip_forward": "1",
    "net/ipv4/conf/all/route_localnet": "1",  # kube-proxy serves NodePorts on loopback
    "net/bridge/bridge-nf-call-iptables": "1",  # packets between pods pass the packet filter: NetworkPolicies
}


def set_up(link: Link, deadline_seconds: float = 15) -> None:
    """Bring the link up as the node's only way out.

    Raises:
        TimeoutError: the machine put no link into this namespace in time.
        subprocess.CalledProcessError: the kernel refused.
    """
    until = time.monotonic() + deadline_seconds
    while not Path(f"/proc/sys/net/ipv4/conf/{INTERFACE}").exists():
        if time.monotonic() > until:
            raise TimeoutError(f"no interface {INTERFACE} came into the node's network namespace")
        time.sleep(0.05)
    for command in (
        ["link", "set", "lo", "up"],
        ["addr", "add", link.address, "dev", INTERFACE],
        ["link", "set", INTERFACE, "up"],
        ["route", "add", "default", "via", link.gateway],
    ):
        subprocess.run(["ip", *command], check=True, capture_output=True, text=True)
    for name, value in _SYSCTLS.items():
        path = Path("/proc/sys") / name
        if path.exists():
            path.write_text(value, encoding="ascii")
