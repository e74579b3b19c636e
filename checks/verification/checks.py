"""The checks of a verification, in the order of the report: our own, then those of other distributions."""

from functools import cache
from importlib.metadata import EntryPoint

from checks.config.check import CHECK as CONFIG
from checks.connection.check import CHECK as CONNECTION
from checks.declaration.check import CHECK as DECLARATION
from checks.errors import UncheckedError
from checks.exposure.check import CHECK as EXPOSURE
from checks.extensions import CHECKS, described, extensions, load
from checks.health.check import CHECK as HEALTH
from checks.kube.resources import RESOURCES
from checks.mcp.check import CHECK as MCP
from checks.metrics.check import CHECK as METRICS
from checks.namespaces.check import CHECK as NAMESPACES
from checks.network.check import CHECK as NETWORK
from checks.objects.check import CHECK as OBJECTS
from checks.rbac.check import CHECK as RBAC
from checks.results import suppressions
from checks.results.catalogue import catalogue
from checks.secrets.check import CHECK as SECRETS
from checks.servers.check import CHECK as SERVERS
from checks.snapshot.check import Check
from checks.talos.check import CHECK as TALOS
from checks.usage.check import CHECK as USAGE

OWN = (
    CONNECTION,
    NAMESPACES,
    SERVERS,
    HEALTH,
    MCP,
    EXPOSURE,
    METRICS,
    USAGE,
    TALOS,
    RBAC,
    NETWORK,
    SECRETS,
    CONFIG,
    OBJECTS,
    DECLARATION,
)


@cache
def checks() -> tuple[Check, ...]:
    """Return every check.

    Raises:
        UncheckedError: an extension cannot be loaded, or is not a check with a name of its own.
    """
    known = {check.name: check for check in OWN}
    entries = extensions(CHECKS).values()
    if entries:
        # A wrong code of an extension ends the command now, not at the first finding.
        catalogue()
    for entry in entries:
        check = _loaded(entry)
        if check.name in known or check.name == suppressions.NAME:
            raise UncheckedError(f"{described(entry)} has the name of another check, {check.name!r}: rename it")
        known[check.name] = check
    return tuple(known.values())


def _loaded(entry: EntryPoint) -> Check:
    check = load(entry)
    if not isinstance(check, Check):
        raise UncheckedError(f"{described(entry)} is of type {type(check).__name__}, not Check")
    if strange := sorted(check.needs - RESOURCES.keys()):
        raise UncheckedError(
            f"{described(entry)} needs {', '.join(strange)}, which cannot be listed: use a Collector instead"
        )
    return check
