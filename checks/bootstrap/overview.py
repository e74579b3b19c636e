"""What a plan makes, as text: it is shown before anything is made."""

from collections.abc import Iterator

from checks.bootstrap.journal import Journal
from checks.bootstrap.plan_file import Planned
from checks.bootstrap.sequence import STEPS
from checks.bootstrap.state import State
from checks.formats.table import table

_HEADINGS = ("NODE", "ADDRESS", "ROLE", "MAC", "CORES", "MEMORY", "DISK")


def overview(planned: Planned, state: State) -> str:
    """Return the whole plan, and how far it has come."""
    return "".join(f"{line}\n" for line in _lines(planned, Journal(state.journal), state))


def _lines(planned: Planned, journal: Journal, state: State) -> Iterator[str]:
    plan = planned.plan
    yield f"cluster {plan.cluster} at {plan.endpoint}, Talos {plan.talos.version}, Kubernetes {plan.talos.kubernetes}"
    yield ""
    yield table(_HEADINGS, ([*_row(planned, at)] for at in range(len(plan.nodes)))).rstrip("\n")
    yield ""
    proxmox = plan.proxmox
    yield f"on Proxmox {proxmox.url}, node {proxmox.node}, storage {proxmox.storage}, image {proxmox.iso}"
    yield f"installer {plan.talos.installer}"
    yield f"journal and encrypted secrets in {state.folder}"
    yield ""
    for number, step in enumerate(STEPS, start=1):
        done = ": done before" if journal.is_done(step.name) else ""
        yield f"{number}. {step.title}{_detail(planned, step.name)}{done}"


def _row(planned: Planned, at: int) -> Iterator[object]:
    plan, node = planned.plan, planned.plan.nodes[at]
    yield from (node.name, node.address, "control-plane" if at < len(plan.control_planes) else "worker")
    yield from (plan.mac(node), node.vm.cores, f"{node.vm.memory} MiB", f"{node.vm.disk} GiB")


def _detail(planned: Planned, step: str) -> str:
    plan = planned.plan
    return {
        "etcd": f" on {plan.control_planes[0].name}",
        "kubeconfig": f" of stack {plan.stack}, encrypted",
        "deploy": f" {plan.stack}",
        "register": f" into {planned.path(plan.registry)}",
    }.get(step, "")
