"""Compare the NetworkPolicies, and try them with pods."""

from checks.cli.check_command import command
from checks.drift.routing import NETWORK

app = command(__doc__, NETWORK)
