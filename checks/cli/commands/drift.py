"""The command `cortex drift`."""

from checks.cli.check_command import check_command
from checks.drift.routing import CONFIG, NAMESPACES, NETWORK, OBJECTS, RBAC, SERVERS

app = check_command(
    "Compare every declared object with the live one, field by field, and find undeclared objects.",
    NAMESPACES,
    SERVERS,
    RBAC,
    NETWORK,
    "secrets",
    CONFIG,
    OBJECTS,
    # NetworkPolicies are compared here; `cortex network` tests them.
    read_only=True,
)
