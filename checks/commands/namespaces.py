"""Compare the namespaces, with their quotas and limits, with what the stack declares."""

from checks.judges.rows import NAMESPACES
from checks.part import command

app = command("Compare the namespaces, with their quotas and limits, with what the stack declares.", NAMESPACES)
