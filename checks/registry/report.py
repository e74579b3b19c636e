"""What `cortex registry` says for people."""

from pathlib import Path

from checks.formats.cells import table
from checks.registry.registry import Registry


def text(registry: Registry, path: Path) -> str:
    """Give the registry as a table, and where and how old its file is."""
    infos = [(entry.server_info, entry.health_status) for entry in registry.servers.values()]
    results = [(info.type, info.namespace, health, info.version, info.endpoint) for info, health in infos]
    shown = (
        table(("TYPE", "NAMESPACE", "HEALTH", "VERSION", "ENDPOINT"), results) if results else "No MCP server runs.\n"
    )
    updated = registry.last_update.isoformat(timespec="seconds").replace("+00:00", "Z")
    return f"{shown}\n{path}, updated {updated}\n"
