"""Finds the line of a stack file that declares an object."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from checks.results.result import Finding, Ref
from stacks.loader import PREFIX
from stacks.model import names

ROOT_MARK = ".git"
"""Marks the folder to which the paths for code scanning are relative."""

Node = yaml.MappingNode | yaml.SequenceNode | yaml.ScalarNode


@dataclass(frozen=True)
class Source:
    """A stack file: its path relative to the root of the repository, and its YAML with the line of each key."""

    uri: str
    settings: yaml.MappingNode

    def line(self, finding: Finding) -> int:
        """Return the line (from 1) of the setting that a finding is about, or of the nearest setting around it."""
        _, field = finding.code.split(".", 1)
        node, line = self.settings, self.settings.start_mark.line + 1
        for key in [*self._path(finding.object), field]:
            entry = next((pair for pair in _pairs(node) if pair[0].value == key), None)
            if entry is None:
                break
            line, node = entry[0].start_mark.line + 1, entry[1]
        return line

    def _path(self, obj: Ref) -> Sequence[str]:
        for kind in sorted(self._keys("servers"), key=len, reverse=True):
            own = {names.server_config(kind), names.server_secret(kind), names.server(kind)}
            if obj.name in own or obj.name.startswith(f"{names.server(kind)}-"):
                return f"{PREFIX}servers", kind
        for section, kinds in (("configMaps", "ConfigMap"), ("secrets", "Secret ExternalSecret")):
            if obj.kind in kinds.split() and obj.name in self._keys(section):
                return f"{PREFIX}{section}", obj.name
        if obj.name.startswith(names.VERIFIER) or obj.name.startswith(names.VERIFY):
            return (f"{PREFIX}verifier",)
        if obj.kind == "Suppression":
            return (f"{PREFIX}suppressions",)
        return (f"{PREFIX}namespaces", obj.space) if obj.space in self._keys("namespaces") else (f"{PREFIX}cluster",)

    def _keys(self, section: str) -> list[str]:
        of = next((value for key, value in _pairs(self.settings) if key.value == f"{PREFIX}{section}"), None)
        return [key.value for key, _ in _pairs(of)]


def _pairs(node: yaml.Node | None) -> Iterator[tuple[yaml.ScalarNode, yaml.MappingNode]]:
    if isinstance(node, yaml.MappingNode):
        yield from ((key, value) for key, value in node.value if isinstance(key, yaml.ScalarNode))


def read(path: Path) -> Source:
    """Read a stack file that was loaded before, and so is valid."""
    document = yaml.compose(path.read_text(encoding="utf-8"), yaml.SafeLoader)
    settings = next(value for key, value in _pairs(document) if key.value == "config")
    top = next((folder for folder in path.resolve().parents if (folder / ROOT_MARK).exists()), path.resolve().parent)
    return Source(path.resolve().relative_to(top).as_posix(), settings)
