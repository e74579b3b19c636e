"""Step 8: the registry of the MCP servers that run on the new cluster."""

from datetime import UTC, datetime

from checks.bootstrap.access import connection
from checks.bootstrap.run import Run
from checks.registry.registry import register, save
from checks.servers.discovery import look


async def write_registry(run: Run, _seconds: float) -> str:
    """Write the registry file of the plan."""
    reached, file = connection(run), run.planned.path(run.plan.registry)
    registry = register(await look(run.planned.declaration, reached), reached, datetime.now(UTC))
    save(registry, file)
    return f"{file} lists {len(registry.servers)} MCP servers of the cluster"
