"""The commands `cortex preset list` and `cortex preset show`."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from checks.cli.options import JSON, TEXT, FormatOption, application
from checks.errors import UsageError

if TYPE_CHECKING:
    from stacks.model.presets.installed import Presets

SCHEMA = "cortex.dev/preset/v1"

app = application()


class Entry(msgspec.Struct, frozen=True, rename="camel"):
    """A preset: settings of a server that a stack file takes with `preset: NAME`."""

    name: str
    title: str
    source: str
    """The distribution that has it, or its file in the project's folder."""
    settings: dict[str, Any]


class PresetReport(msgspec.Struct, frozen=True, rename="camel"):
    """The report of `cortex preset list`, and of `cortex preset show`, which has one."""

    schema: str
    presets: tuple[Entry, ...]


@app.command("list")
def list_presets(output_format: FormatOption = TEXT) -> None:
    """List the presets for servers: those that are installed, and those of the project's folder `presets`."""
    from checks.output import show

    presets = _presets()
    if output_format == JSON:
        show(_json(presets, presets))
        return
    width = max(map(len, presets))
    show("".join(f"{name:{width}}  {preset.title} ({preset.provider})\n" for name, preset in presets.items()))


@app.command("show")
def show_preset(
    name: Annotated[str, typer.Argument(help="The name of the preset.", show_default=False)],
    output_format: FormatOption = TEXT,
) -> None:
    """Show a preset as YAML, and where it is from."""
    from checks.output import show
    from stacks.model.suggestion import did_you_mean

    presets = _presets()
    if name not in presets:
        raise UsageError(f"there is no preset {name!r}: {did_you_mean(name, presets)}")
    if output_format == JSON:
        show(_json(presets, [name]))
        return
    preset = presets[name]
    show(f"# preset {name} of {preset.provider}\n{preset.text.rstrip()}\n")


def _presets() -> "Presets":
    """Return the presets of the project around this folder; without one, those that are installed."""
    from checks.cli.project import root
    from stacks.model.presets.installed import available, installed

    try:
        folder = root(Path.cwd())
    except UsageError:
        return installed()
    return available(folder)


def _json(presets: "Presets", names: Iterable[str]) -> str:
    from checks.formats.json import render

    chosen = ((name, presets[name]) for name in names)
    entries = (Entry(name, one.title, one.provider, {**one.settings}) for name, one in chosen)
    return render(PresetReport(SCHEMA, tuple(entries)))
