"""Writes each committed stack as the manifests that its objects amount to, for reviewers: golden/<stack>.yaml.

Renew them with `python -m tests.components.golden`. Secret values are shown as [secret].
"""

import json
import os
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast
from unittest import mock

import yaml

from stacks.loader import load
from stacks.model import names
from stacks.model.declaration import Declaration
from stacks.model.image_lock import LOCK_VARIABLE
from stacks.program import deploy
from tests.components.recording import Recording, Registration, record

ROOT = Path(__file__).parents[2]
FOLDER = Path(__file__).with_name("golden")
SECRET = "[secret]"
_HASH = "[hash of the declaration]"
LOCAL_IMAGES = ("cortex", "kube-state-metrics", "kubernetes-mcp-server", "mcp-server-time")

Manifest = dict[str, object]


def stacks() -> list[str]:
    """Name the committed stacks."""
    return sorted(path.name.split(".")[1] for path in ROOT.glob("Pulumi.*.yaml"))


def path(stack: str) -> Path:
    """Give the file of a stack's manifests."""
    return FOLDER / f"{stack}.yaml"


def render(stack: str) -> str:
    """Give a stack's manifests as YAML, sorted by kind, namespace and name."""
    manifests = sorted((_manifest(resource) for resource in objects(recorded(stack))), key=_order)
    return yaml.dump_all(manifests, Dumper=_Dumper, sort_keys=True, width=120, explicit_start=True)


def declaration_of(stack: str) -> Declaration:
    """Load a committed stack, with a tag for each local image."""
    with TemporaryDirectory() as folder:
        lock = Path(folder) / "images.json"
        images = (f"cortex.local/{name}" for name in LOCAL_IMAGES)
        lock.write_text(json.dumps({image: f"{image}:content-hash" for image in images}), encoding="utf-8")
        with mock.patch.dict(os.environ, {LOCK_VARIABLE: str(lock)}):
            return load(stack, ROOT)


@cache
def recorded(stack: str) -> Recording:
    """Record a committed stack."""
    return rendered(declaration_of(stack))


def rendered(declaration: Declaration) -> Recording:
    """Record a declaration, with a made-up value for each of its secrets."""
    with TemporaryDirectory() as folder:
        keys = {f"secrets:{key}": f"value of {key}" for key in _keys(declaration)}
        for file in _files(declaration):
            (Path(folder) / file).parent.mkdir(parents=True, exist_ok=True)
            (Path(folder) / file).write_text(f"content of {file}", encoding="utf-8")
        return record(lambda: deploy(declaration, Path(folder)), keys)


def _keys(declaration: Declaration) -> Iterator[str]:
    for declared in declaration.running().values():
        yield from declared.secret_env.values()
        yield from declared.secret_files.values()
    for secret in declaration.secrets.values():
        yield from (source.pulumi for source in secret.keys.values() if source.pulumi)


def _files(declaration: Declaration) -> Iterator[str]:
    for secret in declaration.secrets.values():
        yield from (source.file for source in secret.keys.values() if source.file)


def objects(recording: Recording) -> list[Registration]:
    """Give the Kubernetes objects among what was registered."""
    return [resource for resource in recording.resources if resource.type.startswith("kubernetes:")]


def _manifest(resource: Registration) -> Manifest:
    manifest = masked(resource)
    if resource.name == names.DECLARATION_CONFIG_MAP:
        # It repeats the stack file; its hash changes with every default.
        manifest["data"] = {names.DECLARATION_KEY: "[the declaration]"}
        cast("Manifest", manifest["metadata"])["annotations"] = {names.DECLARATION_HASH: _HASH}
    if resource.name == names.AGENT and resource.type.endswith(":Deployment"):
        cast("Any", manifest)["spec"]["template"]["metadata"]["annotations"] = {names.FOLLOWED_HASH: _HASH}
    if resource.type.endswith(":Job"):
        cast("Manifest", manifest["metadata"])["name"] = f"{names.VERIFY}-{_HASH}"
    return manifest


def masked(resource: Registration) -> Manifest:
    """Give an object as registered, with SECRET where the engine got a secret."""
    return cast("Manifest", _hidden(resource.inputs, "", resource.secret_paths))


def _hidden(value: object, where: str, secret: frozenset[str]) -> object:
    """Hide what is secret; of a mapping that is secret as a whole, the keys are shown."""
    inside = where in secret
    if isinstance(value, Mapping):
        items = cast("Mapping[str, object]", value).items()
        return {key: SECRET if inside else _hidden(one, f"{where}.{key}".lstrip("."), secret) for key, one in items}
    if inside:
        return SECRET
    if isinstance(value, list):
        return [_hidden(one, f"{where}.{index}", secret) for index, one in enumerate(value)]
    return value


def _order(manifest: Manifest) -> tuple[str, str, str]:
    metadata = cast("Mapping[str, str]", manifest["metadata"])
    return str(manifest["kind"]), metadata.get("namespace", ""), metadata["name"]


class _Dumper(yaml.SafeDumper):
    """Writes files in a ConfigMap as text of several lines, and no anchors."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for stack in stacks():
        path(stack).write_text(render(stack), encoding="utf-8")
