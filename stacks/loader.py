"""Reads `Pulumi.<stack>.yaml` into a Declaration; says of every fault where it is and what the rule is."""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import cast

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from stacks.errors import DeclarationError
from stacks.model import presets
from stacks.model.declaration import Declaration
from stacks.model.image_lock import LOCK_VARIABLE, is_untagged, read_lock
from stacks.validation.validate import validate

PREFIX = "cortex:"
"""The Pulumi project's name, which Pulumi puts before each of its settings."""


def load(stack: str, root: Path) -> Declaration:
    """Load the declaration of a stack from the project's folder.

    Raises:
        DeclarationError: no such stack, no readable YAML, or a setting that breaks a rule.
    """
    if not re.fullmatch(r"[A-Za-z0-9_.-]+", stack):
        raise DeclarationError(f"{stack!r} is no stack name: use letters, digits, '-', '_' and '.'")
    path = root / f"Pulumi.{stack}.yaml"
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        known = sorted(p.name.removeprefix("Pulumi.").removesuffix(".yaml") for p in root.glob("Pulumi.*.yaml"))
        hint = f"the stacks here are {', '.join(known)}" if known else "run this in the project's folder"
        raise DeclarationError(f"no stack {stack!r}: {path.name} is not in {root}; {hint}") from None
    except OSError as error:
        raise DeclarationError(
            f"{path.name}: cannot be read ({error.strerror}): mend the file or its permissions"
        ) from error
    except UnicodeDecodeError as error:
        raise DeclarationError(f"{path.name}: is not UTF-8 text: save it as UTF-8") from error
    return parse(presets.completed(_settings(text, path.name)), path.name)


def parse(settings: Mapping[str, object], source: str) -> Declaration:
    """Turn the `cortex:` settings (without their prefix) into a Declaration; `source` names them in messages.

    Raises:
        DeclarationError: a setting breaks a rule; every fault has its own line.
    """
    try:
        declaration = Declaration.model_validate(settings)
    except ValidationError as error:
        faults = error.errors()
        lines = [_describe(fault) for fault in faults if not _echoes(fault, faults)]
        raise _refusal(source, lines) from error
    if faults_between_parts := validate(declaration):
        raise _refusal(source, (f"{PREFIX}{fault}" for fault in faults_between_parts))
    return _with_locked_images(declaration, source)


def _refusal(source: str, lines: Iterable[str]) -> DeclarationError:
    return DeclarationError("\n".join(f"{source}: {line}" for line in lines))


class _UniqueKeys(yaml.SafeLoader):
    """PyYAML lets the last of equal keys win; Pulumi, which reads the same file, refuses them."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[object, object]:
        seen: set[str] = set()
        for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    problem=f"{key.value!r} is written twice", problem_mark=key.start_mark
                )
            seen.add(key.value)
        return cast("dict[object, object]", super().construct_mapping(node, deep))


def _settings(text: str, source: str) -> dict[str, object]:
    try:
        document = yaml.load(text, _UniqueKeys)  # noqa: S506 (it is a SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise DeclarationError(f"{source}: no valid YAML{place}: {error.problem}") from error
    except (yaml.YAMLError, ValueError) as error:
        # A control character, or a scalar such as the date 2026-02-31: PyYAML marks neither.
        raise DeclarationError(f"{source}: no valid YAML: {str(error).splitlines()[0]}") from error
    config = document.get("config") if isinstance(document, dict) else None
    if not isinstance(config, dict):
        raise DeclarationError(f"{source}: has no 'config:' section: declare the cluster there under {PREFIX}cluster")
    items = cast("dict[object, object]", config).items()
    return {str(k).removeprefix(PREFIX): v for k, v in items if str(k).startswith(PREFIX)}


def _echoes(fault: ErrorDetails, faults: Sequence[ErrorDetails]) -> bool:
    """Tell whether a fault only follows from another: a list too short as faulty entries were dropped, no default."""
    depth = len(fault["loc"])
    return fault["type"] == "default_factory_not_called" or (
        fault["type"] == "too_short"
        and any(other is not fault and other["loc"][:depth] == fault["loc"] for other in faults)
    )


def _describe(fault: ErrorDetails) -> str:
    path = PREFIX + ".".join(str(part) for part in fault["loc"] if part != "[key]")
    match fault["type"]:
        case "value_error":
            return f"{path}: {fault['msg'].removeprefix('Value error, ')}"
        case "missing":
            return f"{path}: is missing"
        case "extra_forbidden":
            return f"{path}: is no known setting: check its spelling"
        case "string_type":
            return f"{path}: must be text: put the value in quotes"
        case "too_short":
            return f"{path}: needs at least one entry"
        case "tuple_type":
            return f"{path}: must be a list"
        case "model_type" | "dict_type":
            return f"{path}: must be a mapping of settings"
        case _:
            return f"{path}: {fault['msg'][0].lower()}{fault['msg'][1:]}"


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
    """Replace every image that the lock names; what has a tag or digest is not in it."""
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
