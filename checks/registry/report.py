"""What `cortex registry` shows, as text."""

from pathlib import Path

from checks.formats.table import table
from checks.registry.registry import Registry
from checks.times import rfc3339


def text(registry: Registry, path: Path) -> str:
    """Return the registry as a table, and the path and the age of its file."""
    infos = [(entry.server_info, entry.health_status) for entry in registry.servers.values()]
    lines = [(info.type, info.namespace, health, info.version, info.endpoint) for info, health in infos]
    shown = table(("TYPE", "NAMESPACE", "HEALTH", "VERSION", "ENDPOINT"), lines) if lines else "No MCP server runs.\n"
    return f"{shown}\n{path}, updated {rfc3339(registry.last_update)}\n"
