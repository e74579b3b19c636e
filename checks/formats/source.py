"""Where in its stack file the declared part stands that an object of the cluster is checked against."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from checks.results.result import Finding, Ref
from stacks.loader import PREFIX
from stacks.model import names

ROOT_MARK = ".git"
"""Found in the folder to which code scanning wants paths to be relative."""

Node = yaml.MappingNode | yaml.SequenceNode | yaml.ScalarNode


@dataclass(frozen=True)
class Source:
    """A stack file: its path as seen from the repository's root, and its YAML with the lines of every key."""

    uri: str
    settings: yaml.MappingNode

    def line(self, finding: Finding) -> int:
        """Give the line (from 1) of the declared part that a finding is about, as far down as it can be told."""
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
    """Read a stack file that has been loaded before, so it is known to be right."""
    document = yaml.compose(path.read_text(encoding="utf-8"), yaml.SafeLoader)
    settings = next(value for key, value in _pairs(document) if key.value == "config")
    top = next((folder for folder in path.resolve().parents if (folder / ROOT_MARK).exists()), path.resolve().parent)
    return Source(path.resolve().relative_to(top).as_posix(), settings)
