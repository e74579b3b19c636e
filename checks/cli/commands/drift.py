"""Compare every declared object with the live one.

Field by field; and look for objects that nobody declared.
"""

from checks.cli.check_command import command
from checks.drift.routing import CONFIG, NAMESPACES, NETWORK, OBJECTS, RBAC, SERVERS

app = command(
    __doc__,
    NAMESPACES,
    SERVERS,
    RBAC,
    NETWORK,
    "secrets",
    CONFIG,
    OBJECTS,
    # NetworkPolicies are compared; whether they work, `cortex network` tries.
    read_only=True,
)
