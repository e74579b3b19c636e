"""Delete what a plan made: its virtual machines, and the files of its cluster. Nothing else is touched."""

from datetime import UTC, datetime

from anyio import to_thread

from checks.bootstrap.access import remove
from checks.bootstrap.journal import VM_DELETED, Vm
from checks.bootstrap.machines import owned
from checks.bootstrap.proxmox import LiveVm
from checks.bootstrap.run import Run

STEP = "destroy"


def doomed(run: Run) -> tuple[tuple[Vm, LiveVm], ...]:
    """Return the virtual machines that this plan made, and that still exist."""
    found = ((owned(run, live), live) for live in run.proxmox.vms())
    return tuple((vm, live) for vm, live in found if vm)


async def destroy(run: Run) -> None:
    """Delete the virtual machines, then the secrets and the kubeconfig; the journal is kept under another name."""
    for vm, live in await to_thread.run_sync(doomed, run):
        await to_thread.run_sync(run.proxmox.delete, live)
        run.journal.write(VM_DELETED, STEP, name=vm.name, id=vm.id, mark=vm.mark)
        run.say(f"VM {vm.name} ({vm.id}) is deleted")
    run.state.secrets.unlink(missing_ok=True)
    for sentence in remove(run):
        run.say(sentence)
    now = datetime.now(UTC)
    run.journal.file.rename(run.journal.file.with_name(f"destroyed-{now:%Y%m%dT%H%M%SZ}.jsonl"))
