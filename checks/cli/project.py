"""Finds the folder of the project."""

from pathlib import Path

from checks.errors import UsageError


def root(start: Path) -> Path:
    """Return the nearest folder, from `start` upwards, that has a Pulumi.yaml.

    Raises:
        UsageError: there is no such folder.
    """
    for folder in (start, *start.parents):
        if (folder / "Pulumi.yaml").is_file():
            return folder
    raise UsageError(f"no Pulumi.yaml in {start} or above: run this in the project's folder")
