"""Compare the NetworkPolicies with what the stack declares, and try them with short-lived pods."""

from checks.judges.rows import NETWORK
from checks.part import command

app = command("Compare the NetworkPolicies with what the stack declares, and try them with short-lived pods.", NETWORK)
