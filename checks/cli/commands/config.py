"""The commands `cortex config`: what a stack declares, and its ConfigMaps on the cluster."""

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from checks.cli import config_map, config_set
from checks.cli.options import JSON, Stack, application, format_option
from checks.cli.view import Shown, add_view

if TYPE_CHECKING:
    from checks.target import Target

YAML = "yaml"

app = application()


@app.command()
def check(stack: Stack) -> None:
    """Check a stack file, without Pulumi and without a cluster.

    Exit code: 0 right, perhaps with warnings, 2 wrong.
    """
    from checks.cli.project import root
    from checks.output import show
    from stacks.errors import DeclarationError
    from stacks.loader import read, settings
    from stacks.validation.security_warnings import weakenings

    folder = root(Path.cwd())
    try:
        loaded = read(stack, folder)
    except DeclarationError as error:
        merged = settings(stack, folder)
        told = str(error).splitlines()
        _warn(line for line in map(merged.layered.line, merged.unused.values()) if line not in told)
        raise
    _warn([*loaded.warnings, *map(loaded.settings.line, weakenings(loaded.declaration))])
    declared = loaded.declaration
    parts = [f"{len(declared.namespaces)} namespaces", f"{len(declared.servers)} servers"]
    parts += [f"{len(declared.workloads)} workloads"] if declared.workloads else []
    show(f"Pulumi.{stack}.yaml: valid: {', '.join(parts)}\n")


def _warn(warnings: Iterable[str]) -> None:
    for warning in warnings:
        typer.echo(f"cortex: warning: {warning}", err=True)


@app.command("show")
def show_settings(stack: Stack) -> None:
    """Show the settings of a stack as YAML, with the files that it extends, its defaults and its presets put together.

    A comment says where a setting is from, if it is not in the stack file. The settings are not checked.

    Exit code: 0 shown, 2 bad usage, or a file cannot be read.
    """
    from checks.cli.project import root
    from checks.output import show
    from stacks.loader import settings
    from stacks.settings.listing import listing

    show(listing(settings(stack, root(Path.cwd()))))


@app.command()
def render(stack: Stack, output_format: Annotated[str, format_option([YAML, JSON])] = YAML) -> None:
    """Print all manifests of a stack, without Pulumi and without a cluster.

    Values that the stack file does not have, such as those of Secrets, are shown as [hidden].

    Exit code: 0 printed, 2 bad usage or a bad declaration.
    """
    from checks.cli.project import root
    from checks.formats import json
    from checks.output import show
    from stacks.loader import read
    from stacks.manifests.build import build
    from stacks.manifests.manifest import shown
    from stacks.model.yaml_text import yaml_of

    loaded = read(stack, root(Path.cwd()))
    _warn(loaded.warnings)
    documents = [shown(manifest.made()) for manifest in build(loaded.declaration)]
    if output_format == JSON:
        show(json.render({"apiVersion": "v1", "kind": "List", "items": documents}))
    else:
        show("---\n".join(map(yaml_of, documents)))


def _look(target: "Target") -> Shown:
    import anyio

    from checks.config.inventory import config_report
    from checks.config.report import write

    report = anyio.run(config_report, target)
    return report, partial(write, report)


add_view(
    app,
    "list",
    "List the ConfigMaps of a stack on the cluster, and whether it runs the declaration of this checkout.",
    _look,
)

# Without a name, the commands of an application join those of this one.
app.add_typer(config_map.app)
app.add_typer(config_set.app)
