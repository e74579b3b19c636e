"""The command `cortex namespaces`."""

from checks.cli.check_command import check_command
from checks.drift.routing import NAMESPACES

app = check_command("Compare the namespaces, their quotas and their limits with the declaration.", NAMESPACES)
