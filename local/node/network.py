"""The node's side of the network: loopback, and its end of the link to the machine."""

import subprocess
from pathlib import Path

from local.node_plan import Link
from local.waiting import wait_until

INTERFACE = "eth0"
_SYSCTLS = {
    "net/ipv4/ip_forward": "1",
    "net/ipv4/conf/all/route_localnet": "1",  # kube-proxy serves NodePorts on loopback
    "net/bridge/bridge-nf-call-iptables": "1",  # NetworkPolicies need packets between pods to pass the packet filter
}


def set_up(link: Link, deadline_seconds: float = 15) -> None:
    """Set up loopback and the link, with the default route through it.

    Raises:
        TimeoutError: The link has not been created in time.
        subprocess.CalledProcessError: A command failed.
    """
    if not wait_until(Path(f"/proc/sys/net/ipv4/conf/{INTERFACE}").exists, deadline_seconds):
        raise TimeoutError(f"the node's network namespace has got no interface {INTERFACE}")
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
