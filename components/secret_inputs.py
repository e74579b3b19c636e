"""The values that manifests hide: secrets, and checksums of secrets. They stay Pulumi secrets."""

import base64
from collections.abc import Mapping

import pulumi

from components.children import HiddenValues
from components.secret_values import SecretValues
from stacks.manifests import checksum
from stacks.manifests.deployment import checksum_owner
from stacks.manifests.pod_config import Content
from stacks.model import names
from stacks.model.owner import Owner
from stacks.model.rotation import Generator
from stacks.model.workload import Workload


def secret_data(namespace: str, name: str, values: SecretValues) -> HiddenValues:
    """Return what a Secret hides: its data, and the checksum over it; nothing where it has no values."""
    data = {key: value.apply(_base64) for key, value in values.items()}
    return {**data, names.CHECKSUM: _checksum(f"{namespace}/{name}", {}, values)} if values else {}


def first_value(key: str, generator: Generator) -> HiddenValues:
    """Return a value for a Secret whose first value is generated; it is used only if the Secret is new."""
    return {key: pulumi.Output.secret(_base64(generator.value()))}


def pod_checksum(owner: Owner, declared: Workload, content: Content[pulumi.Output[str]]) -> HiddenValues:
    """Return what a Deployment hides: the checksum of what its pods read, if that includes secrets."""
    values = content.values()
    if not values:
        return {}
    return {names.CHECKSUM: _checksum(checksum_owner(owner, declared), content.plain(declared.config), values)}


def verification_checksum(values: SecretValues) -> HiddenValues:
    """Return what the Job of a verification hides: the checksum of all secret values of the stack."""
    return {names.CHECKSUM: _checksum(f"{names.SYSTEM_NAMESPACE}/{names.VERIFY}", {}, values)} if values else {}


def _checksum(owner: str, plain: Mapping[str, str], values: SecretValues) -> pulumi.Output[str]:
    return pulumi.Output.all(*values.values()).apply(
        lambda clear: checksum.checksum(owner, plain, dict(zip(values, clear, strict=True)))
    )


def _base64(value: str) -> str:
    return base64.b64encode(value.encode()).decode()
