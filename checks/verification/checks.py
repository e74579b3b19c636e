"""The checks of a verification, in the order of the report: our own, then those of other distributions."""

from functools import cache

from checks.config.check import CHECK as CONFIG
from checks.connection.check import CHECK as CONNECTION
from checks.declaration.check import CHECK as DECLARATION
from checks.health.check import CHECK as HEALTH
from checks.mcp.check import CHECK as MCP
from checks.metrics.check import CHECK as METRICS
from checks.namespaces.check import CHECK as NAMESPACES
from checks.network.check import CHECK as NETWORK
from checks.objects.check import CHECK as OBJECTS
from checks.rbac.check import CHECK as RBAC
from checks.secrets.check import CHECK as SECRETS
from checks.servers.check import CHECK as SERVERS
from checks.snapshot.check import Check
from checks.usage.check import CHECK as USAGE

OWN = (
    CONNECTION,
    NAMESPACES,
    SERVERS,
    HEALTH,
    MCP,
    METRICS,
    USAGE,
    RBAC,
    NETWORK,
    SECRETS,
    CONFIG,
    OBJECTS,
    DECLARATION,
)


@cache
def checks() -> tuple[Check, ...]:
    """Return every check."""
    return OWN
