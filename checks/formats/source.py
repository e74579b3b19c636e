"""Finds the line of a stack file that declares an object."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from checks.results.result import Finding, Ref
from stacks.loader import load
from stacks.manifests.build import DeclarationPath, build
from stacks.manifests.manifest import Manifest
from stacks.model.declaration import Declaration
from stacks.settings.files import PREFIX

ROOT_MARK = ".git"
"""Marks the folder to which the paths for code scanning are relative."""

Node = yaml.MappingNode | yaml.SequenceNode | yaml.ScalarNode


_CONTROLLERS = {"CronJob", "Deployment", "Job", "StatefulSet"}
"""Kinds of declared objects from which the cluster makes others, whose names begin with theirs."""


@dataclass(frozen=True)
class Source:
    """A stack file: its path relative to the root of the repository, its YAML with lines, and its declaration."""

    uri: str
    settings: yaml.MappingNode
    declaration: Declaration

    def line(self, finding: Finding) -> int:
        """Return the line (from 1) of the setting that a finding is about, or of the nearest setting around it."""
        _, field = finding.code.split(".", 1)
        section, *rest = self._declared_at(finding.object)
        node, line = self.settings, self.settings.start_mark.line + 1
        for key in [f"{PREFIX}{section}", *rest, field]:
            entry = next((pair for pair in _pairs(node) if pair[0].value == key), None)
            if entry is None:
                break
            line, node = entry[0].start_mark.line + 1, entry[1]
        return line

    def _declared_at(self, obj: Ref) -> DeclarationPath:
        if obj.kind == "Suppression":
            return ("suppressions",)
        for key, secret in self.declaration.secrets.items() if obj.kind == "Secret" else ():
            if (secret.namespace, secret.called(key)) == (obj.space, obj.name):
                # Also one of which the stack has no manifest, because others make it.
                return "secrets", key
        if (manifest := self._manifest(obj)) and manifest.declared_at:
            return manifest.declared_at
        if obj.space in self.declaration.existing_namespaces:
            return ("existingNamespaces",)
        return ("namespaces", obj.space) if obj.space in self.declaration.namespaces else ("cluster",)

    def _manifest(self, obj: Ref) -> Manifest | None:
        """Return the manifest of an object, or of the controller that made it."""
        manifests = build(self.declaration)
        if same := next((one for one in manifests if one.identity == (obj.kind, obj.space, obj.name)), None):
            return same
        if obj.kind == "Namespace":
            return None
        controllers = (
            one
            for one in manifests
            if one.kind in _CONTROLLERS and one.namespace == obj.space and f"{obj.name}-".startswith(f"{one.name}-")
        )
        return max(controllers, key=lambda one: len(one.name), default=None)


def _pairs(node: yaml.Node | None) -> Iterator[tuple[yaml.ScalarNode, yaml.MappingNode]]:
    if isinstance(node, yaml.MappingNode):
        yield from ((key, value) for key, value in node.value if isinstance(key, yaml.ScalarNode))


def read(stack: str, root: Path) -> Source:
    """Read the stack file in the folder of the project, which was loaded before, and so is valid."""
    path = root.resolve() / f"Pulumi.{stack}.yaml"
    document = yaml.compose(path.read_text(encoding="utf-8"), yaml.SafeLoader)
    settings = next(value for key, value in _pairs(document) if key.value == "config")
    top = next((folder for folder in path.parents if (folder / ROOT_MARK).exists()), path.parent)
    return Source(path.relative_to(top).as_posix(), settings, load(stack, root))
