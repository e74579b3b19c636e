"""Step 1: the virtual machines."""

import secrets

from anyio import to_thread

from checks.bootstrap.journal import VM_INTENDED, VM_MADE, Vm
from checks.bootstrap.nodes import Phase
from checks.bootstrap.plan import PlannedNode
from checks.bootstrap.proxmox import LiveVm
from checks.bootstrap.run import Run
from checks.errors import UncheckedError

STEP = "machines"


async def make(run: Run, _seconds: float) -> str:
    """Make and start the virtual machines that do not exist; those of others are used if they run."""
    await _require_free_addresses(run, await to_thread.run_sync(run.proxmox.vms))
    made = 0
    for node in run.plan.nodes:
        made += await to_thread.run_sync(_ensure, run, node)
    return f"{len(run.plan.nodes)} virtual machines run, of which this plan made {made}"


async def _require_free_addresses(run: Run, live: tuple[LiveVm, ...]) -> None:
    """Raise UncheckedError if the address of a VM that is yet to be made belongs to another machine."""
    names = {vm.name for vm in live}
    for node in run.plan.nodes:
        phase = await run.reach().phase(node)
        if phase is Phase.FOREIGN:
            raise foreign(node)
        if node.name not in names and phase is not Phase.SILENT:
            raise UncheckedError(
                f"{node.address}, the address of {node.name}, already has a Talos node, and the VM does not exist yet: "
                "give the node another address; nothing was changed"
            )


def foreign(node: PlannedNode) -> UncheckedError:
    """Return the error for a node of another cluster."""
    return UncheckedError(
        f"node {node.name} at {node.address} {Phase.FOREIGN.value}: give this cluster another address, or reset the "
        "node if it is not needed (`talosctl reset`); no configuration was applied"
    )


def owned(run: Run, vm: LiveVm) -> Vm | None:
    """Return the entry of a virtual machine that this plan made; None if another one made it."""
    # A run that died before it asked Proxmox leaves an entry of the same id, but its mark is nowhere.
    known = [one for one in run.journal.vms() if (one.id, one.name) == (vm.id, vm.name)]
    description = run.proxmox.description(vm.id) if known else ""
    return next((one for one in known if one.mark in description), None)


def _ensure(run: Run, node: PlannedNode) -> bool:
    """Make the virtual machine of a node unless there is one, and start it; return whether it is of this plan."""
    vm = next((one for one in run.proxmox.vms() if one.name == node.name), None)
    if vm is None:
        vm = _make(run, node)
    mine = owned(run, vm)
    if vm.running:
        return mine is not None
    if mine is None:
        raise UncheckedError(
            f"the VM {vm.name} ({vm.id}) is not of this plan, and does not run: start it, rename it, or delete it"
        )
    run.proxmox.start(vm)
    run.say(f"  VM {vm.name} ({vm.id}) runs, MAC {run.plan.mac(node)}")
    return True


def _make(run: Run, node: PlannedNode) -> LiveVm:
    """Make a virtual machine; the journal has it before Proxmox, so that no run forgets one."""
    vm, mark = run.proxmox.next_id(), f"cortex-{secrets.token_hex(8)}"
    run.journal.write(VM_INTENDED, STEP, name=node.name, id=vm, mark=mark)
    run.proxmox.make(node, vm, f"Node of the Talos cluster {run.plan.cluster}, made by {mark}")
    run.journal.write(VM_MADE, STEP, name=node.name, id=vm, mark=mark)
    return LiveVm(vm, node.name, running=False)
