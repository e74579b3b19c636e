"""Reads the files of `cortex:manifests` into the declaration, so that it is complete without them."""

from collections.abc import Mapping
from pathlib import Path

from stacks.errors import DeclarationError
from stacks.model.yaml_text import parse_documents

SETTING = "manifests"


def with_manifests(settings: Mapping[str, object], root: Path, source: str) -> Mapping[str, object]:
    """Return settings with the content of each file; paths are relative to `root`, messages begin with `source`.

    Raises:
        DeclarationError: the setting is not a list of files, or a file cannot be read; each fault has its own line.
    """
    if SETTING not in settings:
        return settings
    files = settings[SETTING]
    if not isinstance(files, list) or not all(isinstance(file, str) for file in files):
        raise DeclarationError(f"{source}: cortex:{SETTING}: must be a list of YAML files, relative to the project")
    documents: dict[str, object] = {}
    faults: list[str] = []
    for file in files:
        try:
            if file in documents:
                raise ValueError("is named twice: remove one")
            documents[file] = _documents(root / file)
        except ValueError as error:
            faults.append(f"{source}: cortex:{SETTING}: {file}: {error}")
    if faults:
        raise DeclarationError("\n".join(faults))
    return {**settings, SETTING: documents}


def _documents(path: Path) -> list[object]:
    try:
        text = path.read_bytes().decode()
    except OSError as error:
        raise ValueError(
            f"cannot be read ({error.strerror}): name a file, with its path relative to {path.parent}"
            if path.parent.is_dir()
            else f"cannot be read: there is no folder {path.parent}"
        ) from error
    except UnicodeDecodeError as error:
        raise ValueError("is not UTF-8 text: save it as UTF-8") from error
    found = [_without_nulls(document) for document in parse_documents(text) if document is not None]
    if not found:
        raise ValueError("has no documents: remove it from the list")
    if others := [number for number, document in enumerate(found) if not isinstance(document, dict)]:
        raise ValueError(f"document {others[0]} is not a mapping: begin it with apiVersion and kind")
    return found


def _without_nulls(value: object) -> object:
    """Return a value without fields that are null, which for Kubernetes are unset."""
    if isinstance(value, dict):
        return {key: _without_nulls(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [_without_nulls(inner) for inner in value]
    return value
