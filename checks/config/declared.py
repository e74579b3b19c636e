"""Where the value of a live ConfigMap comes from, if that is the stack: there it is changed, and not on the cluster."""

from dataclasses import dataclass

from checks.config.live import LiveConfigMap
from stacks.manifests.build import build
from stacks.manifests.files import is_from_file
from stacks.manifests.manifest import Manifest
from stacks.model import names
from stacks.model.declaration import Declaration

ROOT_CA = "kube-root-ca.crt"
"""The ConfigMap that Kubernetes puts into each namespace."""
_STACK_LABELS = (names.COMPONENT, names.TYPE, names.WORKLOAD)


@dataclass(frozen=True)
class Origin:
    """Who writes a value: the path of the setting, empty if there is none, and a sentence that goes on after it."""

    setting: str
    reason: str


def origin(declaration: Declaration, stack: str, live: LiveConfigMap, key: str) -> Origin | None:
    """Return where the value of a key comes from; None if nothing but a person writes it."""
    ref = live.ref
    for manifest in build(declaration):
        if manifest.identity == (ref.kind, ref.namespace, ref.name):
            return _of(declaration, stack, manifest, key)
    if (ref.namespace, ref.name) == (names.SYSTEM_NAMESPACE, names.VERIFICATION_CONFIG_MAP):
        return Origin("", f"{ref} is written by the verifier: it cannot be set")
    if ref.name == ROOT_CA:
        return Origin("", f"{ref} is written by Kubernetes: it cannot be set")
    label = next((label for label in _STACK_LABELS if label in live.metadata.labels), None)
    if label:
        return Origin(
            "configMaps",
            f"{ref} has the label {label} of objects of a stack, and is not declared: declare it here and run "
            f"`pulumi up --stack {stack}`, or remove the label",
        )
    return None


def _of(declaration: Declaration, stack: str, manifest: Manifest, key: str) -> Origin:
    ref, path = f"ConfigMap {manifest.namespace}/{manifest.name}", manifest.declared_at
    change = f"change this setting and run `pulumi up --stack {stack}`"
    if not path:
        return Origin("", f"{ref} has the declaration of the last deployment: it is written by `pulumi up`")
    if is_from_file(manifest):
        file = path[1]
        return Origin(
            "manifests", f"{ref} is from the file {file}: change it there and run `pulumi up --stack {stack}`"
        )
    if path[0] == "configMaps":
        return Origin(f"configMaps.{path[1]}.data.{key}", f"the stack declares {ref}: {change}")
    owners = {tuple(owner): owner for owner in declaration.running()}
    if (owner := owners.get(path)) and manifest.name == owner.config:
        return Origin(f"{owner.path}.config.{key}", f"the stack declares {ref}: {change}")
    return Origin(".".join(path), f"{ref} is made from this setting: {change}")
