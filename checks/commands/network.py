"""Compare the NetworkPolicies, and try them with pods."""

from checks.judges.rows import NETWORK
from checks.part import command

app = command(__doc__, NETWORK)
