"""A run for a command: the plan is read and checked as a whole before anything is asked or made."""

from collections.abc import Iterator
from contextlib import contextmanager

from checks.bootstrap.journal import Journal
from checks.bootstrap.plan_file import Planned, read_token
from checks.bootstrap.proxmox import Proxmox
from checks.bootstrap.run import Run, Say
from checks.bootstrap.secrets import read_key
from checks.bootstrap.state import State, in_memory


@contextmanager
def opened(planned: Planned, say: Say) -> Iterator[Run]:
    """Yield a run of the plan that no other process works on.

    Raises:
        UsageError: token, key or state folder cannot be used.
        UncheckedError: another process works on the cluster.
    """
    plan, state = planned.plan, State(planned.plan.cluster)
    token, key = read_token(planned), read_key(planned)
    authority = planned.path(plan.proxmox.ca_file) if plan.proxmox.ca_file else None
    with state.locked(), in_memory() as memory:
        proxmox = Proxmox(plan, token, authority)
        yield Run(planned, state, Journal(state.journal), proxmox, key, memory, say)
