"""The commands of `cortex local`: up, down, status, env, logs, tools."""

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

app = typer.Typer(no_args_is_help=True, help="The embedded cluster: a real Kubernetes node, built from packages.")

Name = Annotated[str, typer.Option(help="Name of the cluster. Several clusters can run at the same time.")]


class NodeOption(StrEnum):
    """The kinds of nodes."""

    REAL = "real"
    KWOK = "kwok"


class EnvFormat(StrEnum):
    """The output formats of `env`."""

    SHELL = "shell"
    JSON = "json"


class Format(StrEnum):
    """The output formats of `status`."""

    TEXT = "text"
    JSON = "json"


@contextmanager
def _errors_as_sentences() -> Iterator[None]:
    """Turn a LocalError into its message and exit code 1."""
    try:
        yield
    except LocalError as error:
        typer.echo(f"cortex local: {error}", err=True)
        raise typer.Exit(1) from error


@app.command()
def tools() -> None:
    """Find or build every program of the cluster, without starting one."""
    with _errors_as_sentences():
        progress = Progress()
        debian_packages.ensure(progress.say)
        programs = ToolFinder(folders.cache(), progress).ensure(TOOLS)
        progress.say(f"{len(programs)} programs are available")


@app.command()
def up(
    name: Name = "local",
    node: Annotated[NodeOption, typer.Option(help="`kwok` needs no root, but runs no containers.")] = NodeOption.REAL,
) -> None:
    """Start the cluster and wait until it is ready. A running cluster is left as it is."""
    with _errors_as_sentences():
        progress = Progress()
        folder = cluster.up(name, node.value, progress)
        progress.say(f"cluster {name!r} is ready")
        if node is NodeOption.KWOK:
            typer.echo(kwok.LIMITS, err=True)
        option = "" if name == "local" else f" --name {name}"
        typer.echo(
            f'To use pulumi, kubectl and cortex on it in this shell: eval "$(cortex local env{option})"',
            err=True,
        )
        typer.echo(f"kubeconfig: {folder.kubeconfig}", err=True)


@app.command()
def down(
    name: Name = "local",
    delete: Annotated[bool, typer.Option("--delete", help="Also delete its objects, keys and Pulumi state.")] = False,
) -> None:
    """Stop the cluster. Its objects are kept for the next `up`, unless --delete is given."""
    with _errors_as_sentences():
        done = cluster.down(name, delete=delete)
        typer.echo(f"cluster {name!r} {'is down' if done else 'was not running'}", err=True)


@app.command()
def status(
    name: Name = "local",
    output: Annotated[Format, typer.Option("--format", help="How to print it.")] = Format.TEXT,
) -> None:
    """Show the state of the cluster and of its components. The exit code is 1 if it is not ready."""
    with _errors_as_sentences():
        state = cluster.status(name)
    ready = state is not None and state.phase == "ready"
    if output is Format.JSON:
        components = {n: vars(c) for n, c in state.components.items()} if state else {}
        shown = {"cluster": name, "phase": state.phase if state else "stopped", "components": components}
        typer.echo(json.dumps(shown, indent=2))
    elif state is None:
        others = [other for other in cluster.existing() if other != name]
        typer.echo(f"cluster {name!r} is not running" + (f"; other clusters: {', '.join(others)}" if others else ""))
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
    """Print the variables that a shell must export. Use it as: eval "$(cortex local env)"."""
    with _errors_as_sentences():
        variables = environment.variables(Folder.of(name))
    if cluster.status(name) is None:
        typer.echo(f"cortex local: cluster {name!r} is not running: start it with `cortex local up`", err=True)
    if output is EnvFormat.JSON:
        typer.echo(json.dumps(variables, indent=2))
    else:
        typer.echo("\n".join(f"export {key}={shlex.quote(value)}" for key, value in variables.items()))


@app.command()
def logs(
    component: Annotated[str, typer.Argument(help="For example kubelet. Without it, the components are listed.")] = "",
    name: Name = "local",
    lines: Annotated[int, typer.Option(help="How many lines to show.", min=1)] = 100,
) -> None:
    """Show the end of a component's log."""
    with _errors_as_sentences():
        folder = Folder.of(name).logs
        found = sorted(path.stem for path in folder.glob("*.log")) if folder.exists() else []
        if component and component not in found:
            raise ClusterError(
                f"cluster {name!r} has no log of {component!r}; its logs are: {', '.join(found) or 'none'}"
            )
    if not component:
        typer.echo("\n".join(found))
        return
    with (folder / f"{component}.log").open(encoding="utf-8", errors="replace") as log:
        typer.echo("".join(deque(log, lines)), nl=False)
