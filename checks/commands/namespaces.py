"""Compare the namespaces, their quotas and their limits."""

from checks.judges.rows import NAMESPACES
from checks.part import command

app = command(__doc__, NAMESPACES)
