"""What was done for a plan, one JSON line each, on the disk before the next thing is done. It holds no secrets."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from checks.append_only import append, lines
from checks.errors import UncheckedError

STARTED, DONE, FAILED = "started", "done", "failed"
PLAN, VM_INTENDED, VM_MADE, VM_DELETED, ETCD_INTENDED, APPLIED, KUBECONFIG_INTENDED = (
    "plan",
    "vm-intended",
    "vm-made",
    "vm-deleted",
    "etcd-intended",
    "applied",
    "kubeconfig-intended",
)


@dataclass(frozen=True)
class Entry:
    """An event of a step, with its details."""

    at: str
    event: str
    step: str = ""
    details: dict[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True)
class Vm:
    """A virtual machine that this plan made, or was about to make."""

    name: str
    id: int
    mark: str
    """The text in its description that shows that this plan made it."""


class Journal:
    """The entries of a plan so far; a new one is added to the file and to these."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.entries = [*_read(file)]

    def write(self, event: str, step: str = "", **details: str | int) -> None:
        """Add an entry, and return when it is on the disk."""
        entry = Entry(datetime.now(UTC).isoformat(timespec="seconds"), event, step, details)
        append(self.file, json.dumps({"at": entry.at, "event": event, "step": step, **details}).encode())
        self.entries.append(entry)

    def of(self, event: str) -> tuple[Entry, ...]:
        """Return the entries of an event, in their order."""
        return tuple(entry for entry in self.entries if entry.event == event)

    def is_done(self, step: str) -> bool:
        """Return whether a step has ended well."""
        return any(entry.step == step for entry in self.of(DONE))

    def vms(self) -> tuple[Vm, ...]:
        """Return the virtual machines that this plan made, or was about to make, and has not deleted."""
        deleted = {entry.details["mark"] for entry in self.of(VM_DELETED)}
        found = {
            str(entry.details["mark"]): Vm(
                str(entry.details["name"]), int(entry.details["id"]), str(entry.details["mark"])
            )
            for entry in self.of(VM_INTENDED)
        }
        return tuple(vm for mark, vm in found.items() if mark not in deleted)

    def made(self) -> tuple[Vm, ...]:
        """Return those of which it is known that Proxmox made them."""
        marks = {entry.details["mark"] for entry in self.of(VM_MADE)}
        return tuple(vm for vm in self.vms() if vm.mark in marks)


def _read(file: Path) -> Iterator[Entry]:
    """Yield the entries.

    Raises:
        UncheckedError: it is not a journal.
    """
    for number, line in enumerate(lines(file), start=1):
        try:
            known = json.loads(line)
            yield Entry(known.pop("at"), known.pop("event"), known.pop("step"), known)
        except (ValueError, KeyError, AttributeError) as error:
            raise UncheckedError(f"{file}:{number} is not an entry of a journal: restore the file") from error
