"""Compare the namespaces, their quotas and their limits."""

from checks.cli.check_command import command
from checks.drift.routing import NAMESPACES

app = command(__doc__, NAMESPACES)
