"""The list of our own commands, in the order of `cortex --help`."""

from typing import NamedTuple


class Listed(NamedTuple):
    """A command: its name, the module that has its `app`, and its line in `cortex --help`."""

    name: str
    module: str
    summary: str


_HERE = "checks.cli.commands"

COMMANDS = (
    Listed("verify", f"{_HERE}.verify", "Compare the live cluster with the declaration of a stack."),
    Listed("watch", f"{_HERE}.watch", "Verify again and again, and show what changes."),
    Listed("agent", f"{_HERE}.agent", "Follow the cluster: log events, react, and export metrics."),
    Listed("repair", f"{_HERE}.repair", "Undo undeclared changes that Pulumi does not undo."),
    Listed("drift", f"{_HERE}.drift", "Compare all declared objects, and find undeclared ones."),
    Listed("doctor", f"{_HERE}.doctor", "Check the connection to the cluster of a stack."),
    Listed("health", f"{_HERE}.health", "Show the state of the declared workloads."),
    Listed("events", f"{_HERE}.events", "Show the events of the declared namespaces."),
    Listed("metrics", f"{_HERE}.metrics", "Show the figures and the health of the cluster."),
    Listed("usage", f"{_HERE}.usage", "Show how much of their quotas the namespaces use."),
    Listed("mcp", f"{_HERE}.mcp", "List, ask and call the tools of the MCP servers."),
    Listed("discover", f"{_HERE}.discover", "Find MCP servers, whether declared or not."),
    Listed("registry", f"{_HERE}.registry", "Keep and show the registry of MCP servers."),
    Listed("talos", f"{_HERE}.talos", "Show the state of Kubernetes and Talos; make a cluster."),
    Listed("namespaces", f"{_HERE}.namespaces", "Compare the namespaces, their quotas and their limits."),
    Listed("network", f"{_HERE}.network", "Compare the NetworkPolicies, and test them with pods."),
    Listed("access", f"{_HERE}.access", "Show what accounts may do, who can do what, and risks."),
    Listed("kubeconfig", f"{_HERE}.kubeconfig", "Keep kubeconfigs encrypted; make short-lived ones."),
    Listed("credential", f"{_HERE}.credential", "Give a stored credential to kubectl, helm and Pulumi."),
    Listed("secrets", f"{_HERE}.secrets", "Show, set and rotate the Secrets of a stack."),
    Listed("config", f"{_HERE}.config", "Check and show a stack file; read, set and watch ConfigMaps."),
    # The import rules keep `local` out of `checks`: the module is only named, and imported when the command runs.
    Listed("local", "local.cli", "Run an embedded cluster on this machine."),
    Listed("explain", f"{_HERE}.explain", "Explain the code of a finding."),
    Listed("preset", f"{_HERE}.preset", "List and show the presets for servers."),
    Listed("schema", f"{_HERE}.schema", "Print the JSON Schema of the stack files, for editors."),
    Listed("version", f"{_HERE}.version", "Show the version."),
)
