"""Puts a distribution on the path of a command, as an installation does."""

import sys
import tomllib
from pathlib import Path

from tests.checks.cli.project import ROOT, Project

ACME = Path(__file__).with_name("acme")


class Extended(Project):
    """A project in whose environment distributions are installed."""

    def __init__(self, folder: Path, url: str) -> None:
        super().__init__(folder, url)
        self.site = folder / "site-packages"
        self.site.mkdir()
        self.paths = [self.site]

    def install(self, source: Path) -> None:
        """Install the distribution whose pyproject.toml lies in a folder, for this process and for those it starts."""
        project = tomllib.loads((source / "pyproject.toml").read_text())["project"]
        info = self.site / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
            f"Summary: {project['description']}\n"
        )
        lines = []
        for group, points in project["entry-points"].items():
            lines += [f"[{group}]\n", *(f"{name} = {value}\n" for name, value in points.items())]
        (info / "entry_points.txt").write_text("".join(lines))
        self.paths.append(source)
        sys.path[:0] = map(str, self.paths)

    def environment(self) -> dict[str, str]:
        """Return the environment of the command."""
        return {**super().environment(), "PYTHONPATH": ":".join(map(str, [ROOT, *self.paths]))}
