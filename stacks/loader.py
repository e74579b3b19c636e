"""Reads stack files: `Pulumi.<stack>.yaml` becomes a valid Declaration, or an error with one line for each fault."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import cast

from pydantic import ValidationError

from stacks.errors import DeclarationError
from stacks.manifest_files import with_manifests
from stacks.manifests.build import duplicates
from stacks.model.declaration import Declaration
from stacks.model.image_lock import LOCK_VARIABLE, is_untagged, read_lock
from stacks.model.presets.installed import installed
from stacks.model.presets.merge import completed
from stacks.model.validation_errors import sentences
from stacks.model.yaml_text import parse_yaml
from stacks.validation.validate import validate

PREFIX = "cortex:"
"""The Pulumi project's name, with which its settings begin."""


def load(stack: str, root: Path) -> Declaration:
    """Return the declaration of a stack from the project's folder.

    Raises:
        DeclarationError: the stack is unknown, its file is not readable YAML, or a setting breaks a rule.
    """
    if not re.fullmatch(r"[A-Za-z0-9_.-]+", stack):
        raise DeclarationError(f"{stack!r} is not a stack name: use letters, digits, '-', '_' and '.'")
    path = root / f"Pulumi.{stack}.yaml"
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        known = sorted(p.name.removeprefix("Pulumi.").removesuffix(".yaml") for p in root.glob("Pulumi.*.yaml"))
        hint = f"the stacks here are {', '.join(known)}" if known else "run this in the project's folder"
        raise DeclarationError(f"no stack {stack!r}: {path.name} is not in {root}; {hint}") from None
    except OSError as error:
        raise DeclarationError(
            f"{path.name}: cannot be read ({error.strerror}): correct the file or its permissions"
        ) from error
    except UnicodeDecodeError as error:
        raise DeclarationError(f"{path.name}: is not UTF-8 text: save it as UTF-8") from error
    settings = with_manifests(_settings(text, path.name), root, path.name)
    return parse(completed(settings, installed()), path.name)


def parse(settings: Mapping[str, object], source: str) -> Declaration:
    """Return the Declaration of `cortex:` settings, given without that prefix; messages begin with `source`.

    Raises:
        DeclarationError: a setting breaks a rule; each fault has its own line.
    """
    try:
        declaration = Declaration.model_validate(settings)
    except ValidationError as error:
        raise _refusal(sentences(error), source) from error
    if faults := validate(declaration):
        raise _refusal(faults, source)
    if twice := list(duplicates(declaration)):
        raise _refusal(twice, source)
    return _with_locked_images(declaration, source)


def _refusal(faults: Iterable[str], source: str) -> DeclarationError:
    return DeclarationError("\n".join(f"{source}: {PREFIX}{fault}" for fault in faults))


def _settings(text: str, source: str) -> dict[str, object]:
    try:
        document = parse_yaml(text)
    except ValueError as error:
        raise DeclarationError(f"{source}: {error}") from error
    config = document.get("config") if isinstance(document, dict) else None
    if not isinstance(config, dict):
        raise DeclarationError(f"{source}: has no 'config:' section: declare the cluster there under {PREFIX}cluster")
    items = cast("dict[object, object]", config).items()
    return {str(k).removeprefix(PREFIX): v for k, v in items if str(k).startswith(PREFIX)}


def _with_locked_images(declaration: Declaration, source: str) -> Declaration:
    untagged = {path: image for path, image in declaration.images().items() if is_untagged(image)}
    if not untagged:
        return declaration
    try:
        lock = read_lock()
    except OSError as error:
        raise DeclarationError(
            f"{source}: the image lock {error.filename} (from {LOCK_VARIABLE}) cannot be read "
            f"({error.strerror}): build the images, or unset the variable"
        ) from error
    except ValueError as error:
        raise DeclarationError(f"{source}: the image lock (from {LOCK_VARIABLE}) is broken: {error}") from error
    faults = [
        f"{source}: {PREFIX}{path}: {image!r} has no tag or digest: write one, "
        f'or for images built here set {LOCK_VARIABLE}: eval "$(cortex local env)"'
        for path, image in untagged.items()
        if image not in lock
    ]
    if faults:
        raise DeclarationError("\n".join(faults))
    return _relocated(declaration, lock)


def _relocated(declaration: Declaration, lock: Mapping[str, str]) -> Declaration:
    """Return the declaration with the full references of locked images; the lock has no others."""
    metrics, verifier = declaration.kube_state_metrics, declaration.verifier
    return declaration.model_copy(
        update={
            "servers": {
                kind: server.model_copy(update={"image": lock.get(server.image, server.image)})
                for kind, server in declaration.servers.items()
            },
            "kube_state_metrics": metrics
            and metrics.model_copy(update={"image": lock.get(metrics.image, metrics.image)}),
            "verifier": verifier and verifier.model_copy(update={"image": lock.get(verifier.image, verifier.image)}),
        }
    )
