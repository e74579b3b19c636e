"""The judges: each a pure function from the declaration and a snapshot to one row of the report, in this order."""

from collections.abc import Callable

from checks.config import check as config
from checks.connection import check as connection
from checks.declaration import check as declaration
from checks.health import check as health
from checks.mcp import check as mcp
from checks.metrics import check as metrics
from checks.namespaces import check as namespaces
from checks.network import check as network
from checks.objects import check as objects
from checks.rbac import check as rbac
from checks.results.result import Result
from checks.secrets import check as secrets
from checks.servers import check as servers
from checks.usage import check as usage
from checks.verification.snapshot import Snapshot
from stacks.model.declaration import Declaration

CheckFunction = Callable[[Declaration, Snapshot], Result]

CHECKS: dict[str, CheckFunction] = {
    "connection": connection.check,
    "namespaces": namespaces.check,
    "servers": servers.check,
    "health": health.check,
    "mcp": mcp.check,
    "metrics": metrics.check,
    "usage": usage.check,
    "rbac": rbac.check,
    "network": network.check,
    "secrets": secrets.check,
    "config": config.check,
    "objects": objects.check,
    "declaration": declaration.check,
}
"""The judges by the names of their rows, in the order of the report."""
