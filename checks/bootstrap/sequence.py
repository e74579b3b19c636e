"""The eight steps in their order, from the first that is not done."""

import time
from collections.abc import Iterator

import anyio

from checks.bootstrap.access import is_kept, keep
from checks.bootstrap.applying import apply
from checks.bootstrap.configurations import generate
from checks.bootstrap.deploying import deploy
from checks.bootstrap.etcd import bootstrap
from checks.bootstrap.journal import APPLIED, DONE, FAILED, PLAN, STARTED, Journal
from checks.bootstrap.machines import make
from checks.bootstrap.ready import wait
from checks.bootstrap.registering import write_registry
from checks.bootstrap.run import Run, Step
from checks.errors import CheckError, UncheckedError

MINUTE = 60.0
STEPS = (
    Step("machines", "make and start the virtual machines", 15 * MINUTE, make),
    Step("configurations", "generate the machine configurations", 10 * MINUTE, generate),
    Step("apply", "apply the configurations", 20 * MINUTE, apply),
    Step("etcd", "bootstrap etcd", 10 * MINUTE, bootstrap),
    Step("ready", "wait until the cluster is healthy", 20 * MINUTE, wait),
    Step("kubeconfig", "store the kubeconfig", 2 * MINUTE, keep),
    Step("deploy", "deploy and verify the stack", 60 * MINUTE, deploy),
    Step("register", "write the registry of MCP servers", 5 * MINUTE, write_registry),
)


async def carry_out(run: Run) -> None:
    """Do the steps that are not done yet.

    Raises:
        UncheckedError: a step failed; the message says what exists now, how to go on, and how to undo it.
    """
    require_same_plan(run)
    if not run.journal.of(PLAN):
        run.journal.write(PLAN, cluster=run.plan.cluster, digest=run.plan.digest())
    for number, step in enumerate(STEPS, start=1):
        head = f"{number}/{len(STEPS)} {step.title}"
        if run.journal.is_done(step.name) and (step.work is not keep or is_kept(run)):
            run.say(f"{head}: done before")
            continue
        run.say(head)
        await _carry_out(run, number, step)


async def _carry_out(run: Run, number: int, step: Step) -> None:
    run.journal.write(STARTED, step.name)
    start = time.monotonic()
    try:
        try:
            with anyio.fail_after(step.seconds):
                # The work ends itself a little sooner, because it can say what it waited for.
                holds = await step.work(run, step.seconds - 1)
        except TimeoutError as error:
            raise UncheckedError(f"it did not end within {step.seconds / MINUTE:g} minutes") from error
    except CheckError as error:
        run.journal.write(FAILED, step.name)
        raise UncheckedError(f"step {number} ({step.title}) failed: {error}\n{after_failure(run)}") from error
    run.journal.write(DONE, step.name)
    run.say(f"  {holds} ({time.monotonic() - start:.1f} s)")


def require_same_plan(run: Run) -> None:
    """Raise UncheckedError if something was made from another version of the plan."""
    for entry in run.journal.of(PLAN):
        if entry.details["digest"] != run.plan.digest():
            raise UncheckedError(
                f"cluster {run.plan.cluster} was begun on {entry.at[:10]} with another plan: restore that plan, or run "
                f"`cortex talos destroy {run.planned.file}` first"
            )


def after_failure(run: Run) -> str:
    """Return what exists now, and how to go on or undo it."""
    exists = "; ".join(_existing(run)) or "nothing was made"
    file = run.planned.file
    return (
        f"now there is: {exists}\n"
        f"go on with `cortex talos bootstrap {file}`, or undo it with `cortex talos destroy {file}`"
    )


def _existing(run: Run) -> Iterator[str]:
    made = run.journal.made()
    if made:
        yield f"VMs {', '.join(f'{vm.name} ({vm.id})' for vm in made)}"
    open_ones = {vm.name: vm.id for vm in run.journal.vms() if vm.name not in {one.name for one in made}}
    if open_ones:
        yield f"perhaps VMs {', '.join(f'{name} ({number})' for name, number in open_ones.items())}"
    if run.state.secrets.exists():
        yield f"the encrypted secrets {run.state.secrets}"
    if applied := dict.fromkeys(str(entry.details["node"]) for entry in run.journal.of(APPLIED)):
        yield f"configured nodes {', '.join(applied)}"
    if run.journal.is_done("etcd"):
        yield "a bootstrapped etcd"
    if is_kept(run):
        yield f"the stored kubeconfig of stack {run.plan.stack}"
    if any(entry.step == "deploy" for entry in run.journal.of(STARTED)):
        yield f"what was deployed of stack {run.plan.stack}"


def is_finished(journal: Journal) -> bool:
    """Return whether all steps are done."""
    return all(journal.is_done(step.name) for step in STEPS)
