"""Deployments of MCP servers as people run them, declared anew: one stack file each, without what all share."""

import shutil
from pathlib import Path

import yaml

from stacks.loader import load
from stacks.model.declaration import Declaration
from tests.stacks.strategies import Settings

FOLDER = Path(__file__).parent
CASES = {path.stem: path for path in sorted((FOLDER / "deployments").glob("*.yaml"))}
_SYSTEM = {"component": "system", "description": "What belongs to the stack"}


def settings(case: str) -> Settings:
    """Give the settings of a case."""
    written: Settings = yaml.safe_load(CASES[case].read_text(encoding="utf-8"))
    cluster = {"context": "test", "environment": "testing", **written.get("cluster", {})}
    return {**written, "cluster": cluster, "namespaces": {**written.get("namespaces", {}), "cortex-system": _SYSTEM}}


def loaded(case: str, folder: Path) -> Declaration:
    """Give the declaration of a case, read from a stack file in this folder."""
    shutil.copytree(FOLDER / "files", folder, dirs_exist_ok=True)
    config = {f"cortex:{key}": value for key, value in settings(case).items()}
    (folder / "Pulumi.test.yaml").write_text(yaml.safe_dump({"config": config}), encoding="utf-8")
    return load("test", folder)
