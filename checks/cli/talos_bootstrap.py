"""The commands `cortex talos bootstrap` and `cortex talos destroy`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from checks.errors import INTERRUPTED, UncheckedError, UsageError

if TYPE_CHECKING:
    from checks.bootstrap.plan_file import Planned

PlanFile = Annotated[Path, typer.Argument(metavar="PLAN", help="The plan of the cluster.", show_default=False)]


def add(app: typer.Typer) -> None:
    """Add both commands to `cortex talos`."""
    app.command("bootstrap")(bootstrap)
    app.command("destroy")(destroy)


def bootstrap(
    plan: PlanFile,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before the first step.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan, and make nothing.")] = False,
) -> None:
    """Make a Talos cluster from a plan: virtual machines, Talos, Kubernetes, the stack, the registry.

    A run that was interrupted goes on at the step where it stopped, with the same command.

    Exit code: 0 done, 2 bad usage or a bad plan, 3 a step failed.
    """
    import anyio

    planned = _read(plan)
    from checks.bootstrap.access import require_place
    from checks.bootstrap.command import opened
    from checks.bootstrap.deploying import PURPOSE
    from checks.bootstrap.journal import Journal
    from checks.bootstrap.overview import overview
    from checks.bootstrap.plan_file import read_token
    from checks.bootstrap.secrets import read_key
    from checks.bootstrap.sequence import after_failure, carry_out
    from checks.bootstrap.state import State
    from checks.output import show
    from checks.pulumi_process import require_pulumi

    state = State(planned.plan.cluster)
    show(overview(planned, state))
    if dry_run:
        if yes:
            raise UsageError("--dry-run makes nothing: omit --yes")
        return
    # What is missing is said before the question.
    require_pulumi(PURPOSE)
    read_token(planned)
    read_key(planned)
    require_place(planned.plan.stack, Journal(state.journal))
    if not yes and not _confirmed(f"Make cluster {planned.plan.cluster}?"):
        return
    with opened(planned, _say) as run:
        try:
            anyio.run(carry_out, run)
        except KeyboardInterrupt:
            _say(f"cortex: interrupted\n{after_failure(run)}")
            raise


def destroy(
    plan: PlanFile,
    yes: Annotated[
        str, typer.Option("--yes", metavar="CLUSTER", help="The name of the cluster, instead of asking for it.")
    ] = "",
) -> None:
    """Delete the virtual machines that a plan made, their disks, and the secrets and the kubeconfig of the cluster.

    Machines that existed before, and the state of the Pulumi stack, are kept.

    Exit code: 0 deleted, 2 bad usage or a bad plan, 3 something could not be deleted.
    """
    import anyio

    planned = _read(plan)
    from checks.bootstrap.command import opened
    from checks.bootstrap.destroy import destroy as delete
    from checks.bootstrap.destroy import doomed

    cluster = planned.plan.cluster
    with opened(planned, _say) as run:
        if not run.journal.entries:
            raise UsageError(f"nothing was made for cluster {cluster} from this account: there is nothing to destroy")
        for _, live in doomed(run):
            _say(f"VM {live.name} ({live.id}) and its disks")
        if (yes or _typed(cluster)) != cluster:
            raise UsageError(f"that is not the name of the cluster, {cluster}: nothing was deleted")
        anyio.run(delete, run)
    _say(
        f"cluster {cluster} is destroyed; the state of the Pulumi stack {planned.plan.stack} still lists its objects: "
        f"`pulumi stack rm --force {planned.plan.stack}` removes it"
    )


def _read(file: Path) -> "Planned":
    from checks.bootstrap.bindings import missing
    from checks.cli.project import root

    if message := missing():
        raise UncheckedError(message)
    from checks.bootstrap.plan_file import read_planned

    planned = read_planned(file, root(Path.cwd()))
    for warning in planned.plan.warnings():
        typer.echo(f"cortex: warning: {file.name}: {warning}", err=True)
    return planned


def _say(line: str) -> None:
    typer.echo(line, err=True)


def _confirmed(question: str) -> bool:
    if not sys.stdin.isatty():
        raise UsageError("there is no terminal to ask on: give --yes to make it without asking, or --dry-run")
    try:
        wanted = typer.confirm(question, err=True)
    except typer.Abort:
        typer.echo("\ncortex: nothing was made", err=True)
        raise typer.Exit(INTERRUPTED) from None
    if not wanted:
        typer.echo("cortex: nothing was made", err=True)
    return wanted


def _typed(cluster: str) -> str:
    if not sys.stdin.isatty():
        raise UsageError(f"there is no terminal to ask on: give --yes {cluster} to delete without asking")
    try:
        name: str = typer.prompt(f"The name of the cluster to destroy ({cluster})", err=True)
    except typer.Abort:
        typer.echo("\ncortex: nothing was deleted", err=True)
        raise typer.Exit(INTERRUPTED) from None
    return name
