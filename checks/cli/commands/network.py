"""The command `cortex network`."""

from checks.cli.check_command import check_command
from checks.drift.routing import NETWORK

app = check_command("Compare the NetworkPolicies with the declaration, and test them with pods.", NETWORK)
