"""Compare every declared object with the live one.

Field by field; and look for objects that nobody declared.
"""

from checks.judges.rows import CONFIG, NAMESPACES, NETWORK, OBJECTS, RBAC, SERVERS
from checks.part import command

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
