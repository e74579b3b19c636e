"""The embedded cluster: up, down, status, env, logs, tools."""

import json
import shlex
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from local import cluster, debian_packages, environment, folders, kwok
from local.errors import ClusterError, LocalError
from local.folders import Folder
from local.progress import Progress
from local.tool_finder import ToolFinder
from local.toolchain import TOOLS

app = typer.Typer(no_args_is_help=True, help="The embedded cluster: a real Kubernetes node out of package registries.")

Name = Annotated[str, typer.Option(help="Which cluster; several can run side by side.")]


class NodeOption(StrEnum):
    """What the cluster's node is."""

    REAL = "real"
    KWOK = "kwok"


class EnvFormat(StrEnum):
    """How `env` prints."""

    SHELL = "shell"
    JSON = "json"


class Format(StrEnum):
    """How `status` prints."""

    TEXT = "text"
    JSON = "json"


@contextmanager
def _sentences() -> Iterator[None]:
    """Turn our errors into their sentence and exit code 1."""
    try:
        yield
    except LocalError as error:
        typer.echo(f"cortex local: {error}", err=True)
        raise typer.Exit(1) from error


@app.command()
def tools() -> None:
    """Get every program of the cluster: from PATH, from the cache, or built."""
    with _sentences():
        progress = Progress()
        debian_packages.ensure(progress.say)
        programs = ToolFinder(folders.cache(), progress).ensure(TOOLS)
        progress.say(f"{len(programs)} programs are at hand")


@app.command()
def up(
    name: Name = "local",
    node: Annotated[NodeOption, typer.Option(help="`kwok` needs no root.")] = NodeOption.REAL,
) -> None:
    """Start the cluster and wait until it is ready; leave it as it is if it runs."""
    with _sentences():
        progress = Progress()
        folder = cluster.up(name, node.value, progress)
        progress.say(f"cluster {name!r} is ready")
        if node is NodeOption.KWOK:
            typer.echo(kwok.LIMITS, err=True)
        option = "" if name == "local" else f" --name {name}"
        typer.echo(
            f'For plain pulumi, kubectl and cortex in this shell: eval "$(cortex local env{option})"',
            err=True,
        )
        typer.echo(f"kubeconfig: {folder.kubeconfig}", err=True)


@app.command()
def down(
    name: Name = "local",
    delete: Annotated[bool, typer.Option("--delete", help="Forget the cluster's objects, keys and state too.")] = False,
) -> None:
    """Stop the cluster. Its objects are kept for the next `up`, unless --delete."""
    with _sentences():
        done = cluster.down(name, delete=delete)
        typer.echo(f"cluster {name!r} {'is down' if done else 'was not running'}", err=True)


@app.command()
def status(
    name: Name = "local",
    output: Annotated[Format, typer.Option("--format", help="How to print it.")] = Format.TEXT,
) -> None:
    """Show whether the cluster runs, and each component's state; exit 1 if it is not ready."""
    with _sentences():
        state = cluster.status(name)
    ready = state is not None and state.phase == "ready"
    if output is Format.JSON:
        components = {n: vars(c) for n, c in state.components.items()} if state else {}
        shown = {"cluster": name, "phase": state.phase if state else "stopped", "components": components}
        typer.echo(json.dumps(shown, indent=2))
    elif state is None:
        others = [other for other in cluster.existing() if other != name]
        typer.echo(f"cluster {name!r} is not running" + (f"; there are also: {', '.join(others)}" if others else ""))
    else:
        table = Table("component", "state", "healthy after", "restarts", title=f"cluster {name}: {state.phase}")
        for part, component in state.components.items():
            table.add_row(part, component.state, f"{component.seconds} s", str(component.restarts))
        Console().print(table)
    raise typer.Exit(0 if ready else 1)


@app.command()
def env(
    name: Name = "local",
    output: Annotated[EnvFormat, typer.Option("--format", help="How to print it.")] = EnvFormat.SHELL,
) -> None:
    """Print what a shell must export: eval "$(cortex local env)"."""
    with _sentences():
        variables = environment.variables(Folder.of(name))
    if cluster.status(name) is None:
        typer.echo(f"cortex local: cluster {name!r} is not running: start it with `cortex local up`", err=True)
    if output is EnvFormat.JSON:
        typer.echo(json.dumps(variables, indent=2))
    else:
        typer.echo("\n".join(f"export {key}={shlex.quote(value)}" for key, value in variables.items()))


@app.command()
def logs(
    component: Annotated[str, typer.Argument(help="For instance kubelet; none lists them.")] = "",
    name: Name = "local",
    lines: Annotated[int, typer.Option(help="How many of the last lines.", min=1)] = 100,
) -> None:
    """Show the end of a component's log."""
    with _sentences():
        folder = Folder.of(name).logs
        found = sorted(path.stem for path in folder.glob("*.log")) if folder.exists() else []
        if component and component not in found:
            raise ClusterError(f"no log of {component!r} in cluster {name!r}; there are: {', '.join(found) or 'none'}")
    if not component:
        typer.echo("\n".join(found))
        return
    with (folder / f"{component}.log").open(encoding="utf-8", errors="replace") as log:
        typer.echo("".join(deque(log, lines)), nl=False)
