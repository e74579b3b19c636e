"""Reads stack files: `Pulumi.<stack>.yaml` becomes a valid Declaration, or an error with one line for each fault."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar, cast

from pydantic import ValidationError

from stacks.errors import DeclarationError
from stacks.manifest_files import with_manifests
from stacks.manifests.build import duplicates
from stacks.model.agent import Agent
from stacks.model.container import Container
from stacks.model.declaration import Declaration
from stacks.model.image_lock import LOCK_VARIABLE, is_untagged, read_lock
from stacks.model.kube_state_metrics import KubeStateMetrics
from stacks.model.owner import SERVERS, WORKLOADS
from stacks.model.presets.installed import available
from stacks.model.probe import Exchange, Probes
from stacks.model.rotation import Rotator
from stacks.model.server import Server
from stacks.model.validation_errors import sentences
from stacks.model.verifier import Verifier
from stacks.model.workload import Workload
from stacks.settings.effective import Effective, effective
from stacks.settings.files import PREFIX, read_files
from stacks.settings.layers import Layered
from stacks.tool_lock import with_tool_lock
from stacks.validation import suppression_codes
from stacks.validation.validate import validate

Part = TypeVar("Part", Agent, Container, Exchange, KubeStateMetrics, Rotator, Server, Workload, Verifier)
"""A part of the declaration that has an image."""

Pods = TypeVar("Pods", Server, Workload)
"""A server or a workload."""


@dataclass(frozen=True)
class Loaded:
    """A stack as it was read."""

    declaration: Declaration
    warnings: tuple[str, ...]
    """What its author may not have meant, one sentence each."""
    settings: Layered
    """Its settings, with the place where each is written."""


def load(stack: str, root: Path) -> Declaration:
    """Return the declaration of a stack from the project's folder.

    Raises:
        DeclarationError: the stack is unknown, its file is not readable YAML, or a setting breaks a rule.
    """
    return read(stack, root).declaration


def read(stack: str, root: Path, *, rewrites_lock: bool = False) -> Loaded:
    """Return a stack from the project's folder: its declaration, and what its author should know of it.

    With `rewrites_lock` it is without its tool lock, which need not exist then.

    Raises:
        DeclarationError: see `load`.
    """
    merged = settings(stack, root)
    source = f"Pulumi.{stack}.yaml"
    complete = with_manifests(merged.settings, root, source)
    complete = with_tool_lock(complete, root, source, rewritten=rewrites_lock)
    declaration = _declaration(complete, source, merged.layered.line, merged)
    warnings = tuple(merged.layered.line(warning) for warning in merged.unused.values())
    return Loaded(declaration, warnings, merged.layered)


def settings(stack: str, root: Path) -> Effective:
    """Return the settings of a stack, merged, but not yet checked.

    Raises:
        DeclarationError: the stack is unknown, or one of its files is not readable YAML.
    """
    if not re.fullmatch(r"[A-Za-z0-9_.-]+", stack):
        raise DeclarationError(f"{stack!r} is not a stack name: use letters, digits, '-', '_' and '.'")
    path = root / f"Pulumi.{stack}.yaml"
    if not path.exists():
        known = sorted(p.name.removeprefix("Pulumi.").removesuffix(".yaml") for p in root.glob("Pulumi.*.yaml"))
        hint = f"the stacks here are {', '.join(known)}" if known else "run this in the project's folder"
        raise DeclarationError(f"no stack {stack!r}: {path.name} is not in {root}; {hint}")
    return effective(read_files(path), available(root))


def parse(settings: Mapping[str, object], source: str) -> Declaration:
    """Return the Declaration of `cortex:` settings, given without that prefix; messages begin with `source`.

    Raises:
        DeclarationError: a setting breaks a rule; each fault has its own line.
    """
    return _declaration(settings, source, lambda fault: f"{source}: {PREFIX}{fault}")


def _declaration(
    settings: Mapping[str, object], source: str, line: Callable[[str], str], merged: Effective | None = None
) -> Declaration:
    """Return the declaration of settings, or tell all faults, those of their merging included."""
    found, declaration = [*(merged.faults if merged else ())], None
    try:
        declaration = Declaration.model_validate(settings)
        # Which codes exist depends on what is installed here, so `validate` does not check them: a deployed
        # declaration, which other installations read as well, would be wrong as a whole.
        found += [*validate(declaration), *suppression_codes.faults(declaration.suppressions)]
        found += () if found else duplicates(declaration)
    except ValidationError as error:
        found += sentences(error, Declaration)
    images = declaration.images() if declaration else dict(_written_images(settings))
    untagged = {path: image for path, image in images.items() if is_untagged(image)}
    lock = _lock(source) if untagged else {}
    places = {fault.partition(": ")[0] for fault in found}
    found += (
        f"{path}: {image!r} has no tag or digest: write one, "
        f'or for images built here set {LOCK_VARIABLE}: eval "$(cortex local env)"'
        for path, image in untagged.items()
        if image not in lock and path not in places
    )
    if declaration is None or found:
        unused = merged.unused if merged else {}
        found += [note for kind, note in unused.items() if any(one.startswith(f"servers.{kind}.") for one in found)]
        raise DeclarationError("\n".join(dict.fromkeys(map(line, found))))
    return _relocated(declaration, lock) if untagged else declaration


def _written_images(settings: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Yield the image references of settings that the model refuses, by their path."""
    parts: dict[str, object] = {key: settings.get(key) for key in ("kubeStateMetrics", "verifier", "rotator", "agent")}
    for section in (SERVERS, WORKLOADS):
        if isinstance(declared := settings.get(section), Mapping):
            parts |= {f"{section}.{key}": one for key, one in declared.items()}
    for path, part in parts.items():
        image = cast("Mapping[str, object]", part).get("image") if isinstance(part, Mapping) else None
        if isinstance(image, str):
            yield f"{path}.image", image


def _lock(source: str) -> Mapping[str, str]:
    try:
        return read_lock()
    except OSError as error:
        raise DeclarationError(
            f"{source}: the image lock {error.filename} (from {LOCK_VARIABLE}) cannot be read "
            f"({error.strerror}): build the images, or unset the variable"
        ) from error
    except ValueError as error:
        raise DeclarationError(f"{source}: the image lock (from {LOCK_VARIABLE}) is broken: {error}") from error


def _relocated(declaration: Declaration, lock: Mapping[str, str]) -> Declaration:
    """Return the declaration with the full references of locked images; the lock has no others."""
    metrics, verifier, agent = declaration.kube_state_metrics, declaration.verifier, declaration.agent
    rotator = declaration.rotator
    return declaration.model_copy(
        update={
            "servers": {kind: _relocated_server(server, lock) for kind, server in declaration.servers.items()},
            "workloads": {name: _relocated_pods(workload, lock) for name, workload in declaration.workloads.items()},
            "kube_state_metrics": metrics and _moved(metrics, lock),
            "verifier": verifier and _moved(verifier, lock),
            "rotator": rotator and _moved(rotator, lock),
            "agent": agent and _moved(agent, lock),
        }
    )


def _relocated_server(server: Server, lock: Mapping[str, str]) -> Server:
    bridge = server.bridge and lock.get(server.bridge, server.bridge)
    probes = _relocated_probes(server.probes, lock)
    return _relocated_pods(server, lock).model_copy(update={"bridge": bridge, "probes": probes})


def _relocated_pods(declared: Pods, lock: Mapping[str, str]) -> Pods:
    return _moved(declared, lock).model_copy(
        update={
            "sidecars": {name: _moved(one, lock) for name, one in declared.sidecars.items()},
            "init_containers": {name: _moved(one, lock) for name, one in declared.init_containers.items()},
        }
    )


def _relocated_probes(probes: Probes, lock: Mapping[str, str]) -> Probes:
    by_mcp = {name: _moved(exchange, lock) for name, exchange in probes.exchanges().items()}
    return probes.model_copy(
        update={name: getattr(probes, name).model_copy(update={"mcp": moved}) for name, moved in by_mcp.items()}
    )


def _moved(part: Part, lock: Mapping[str, str]) -> Part:
    return part.model_copy(update={"image": lock.get(part.image, part.image)})
