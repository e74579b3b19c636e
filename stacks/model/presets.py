"""What is known of some types of MCP server, so that no stack file must say it again.

A preset lies under what the stack file says of a server of that type, entry by entry down to single values and lists;
what the file says wins, and `null` there takes an entry of the preset away.
"""

from collections.abc import Mapping
from typing import cast

Settings = Mapping[str, object]
"""A piece of a stack file as YAML gives it."""

KUBERNETES: Settings = {
    "transport": "http",
    "args": ["--port", "8080", "--read-only", "--disable-multi-cluster", "--stateless"],
    "capabilities": {"kubernetes": ["pods_list", "namespaces_list", "resources_get"]},
    "probes": {
        "liveness": {"path": "/healthz"},
        "readiness": {"path": "/healthz"},
        "startup": {"path": "/healthz"},
    },
}
"""containers/kubernetes-mcp-server; what it may read is said by the server's `kubernetes`."""

TIME: Settings = {
    "transport": "stdio",
    "capabilities": {"time": ["get_current_time", "convert_time"]},
    "smoke": {"tool": "get_current_time", "arguments": {"timezone": "Europe/London"}},
}
"""mcp-server-time of the MCP project."""

TALOS: Settings = {
    "transport": "stdio",
    "capabilities": {
        "talos": ["talos_get_version", "talos_get_services", "talos_get_resources", "talos_logs", "talos_config_info"],
        "cluster-management": ["talos_health", "talos_etcd_members", "talos_dashboard", "talos_get_disks"],
        "kubernetes": ["talos_get_kubeconfig"],
    },
    # The server looks for $HOME/.talos/config, the talosctl that it runs for TALOSCONFIG.
    "env": {"HOME": "/home/mcp", "TALOSCONFIG": "/home/mcp/.talos/talosconfig"},
    "secrets": [{"name": "talos-config", "mount": "/home/mcp/.talos"}],
    "smoke": {"tool": "talos_config_info"},
}
"""ry-ops/talos-mcp-server (seed, sections 2.1 and 10); wants the Secret `talos-config` (seed, section 6.1)."""

PROXMOX: Settings = {
    "transport": "stdio",
    "capabilities": {
        "proxmox": ["list_nodes", "get_node_status", "get_cluster_status"],
        "virtual-machines": ["list_vms", "get_vm_status", "list_containers"],
        "storage": ["list_storage"],
    },
    "secretEnv": {
        "PROXMOX_URL": "proxmox-url",
        "PROXMOX_TOKEN_ID": "proxmox-token-id",
        "PROXMOX_TOKEN_SECRET": "proxmox-token-secret",
    },
    "smoke": {"tool": "list_nodes"},
}
"""ry-ops/proxmox-mcp-server; its Secret `proxmox-mcp-credentials` is the seed's (section 6.1)."""

PRESETS: Mapping[str, Settings] = {"kubernetes": KUBERNETES, "proxmox": PROXMOX, "talos": TALOS, "time": TIME}
"""Server type → preset."""


def completed(settings: Settings) -> Settings:
    """Give a stack's settings with the presets put under its servers; wrong shapes are left for the model to refuse."""
    servers = settings.get("servers")
    if not isinstance(servers, dict):
        return settings
    return {**settings, "servers": {kind: _merged(PRESETS.get(kind), server) for kind, server in servers.items()}}


def _merged(under: object, over: object) -> object:
    if not (isinstance(under, Mapping) and isinstance(over, Mapping)):
        return over
    below, above = cast("Settings", under), cast("Settings", over)
    merged = {**below, **{key: _merged(below.get(key), value) for key, value in above.items()}}
    return {key: value for key, value in merged.items() if value is not None or key not in below}
