"""A check: one named group of assertions with one result."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from checks.results.builder import ResultBuilder
from checks.results.result import Result
from checks.snapshot.reader import Collector
from checks.snapshot.snapshot import Snapshot
from stacks.model.declaration import Declaration


@dataclass(frozen=True)
class Check:
    """What a check needs of the cluster, and the pure function that compares it with the declaration.

    `needs` are resources by their kind; `collectors` collect what is not a list of a resource. Each is read once for a
    verification, and `check` may read only these from the snapshot.
    """

    name: str
    title: str
    needs: frozenset[str]
    collectors: tuple[Collector[Any], ...]
    check: Callable[[ResultBuilder, Declaration, Snapshot], None]

    def run(self, declaration: Declaration, snapshot: Snapshot) -> Result:
        """Return the result, which is unknown if the cluster is unreachable or the check asserted nothing."""
        builder = ResultBuilder(self.name, self.title)
        if snapshot.unreachable:
            builder.use(snapshot.unreachable)
        else:
            self.check(builder, declaration, snapshot)
        return builder.build()
