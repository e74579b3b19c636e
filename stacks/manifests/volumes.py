"""The variables, files and volumes of the container of a server or workload."""

import itertools
import re
from collections.abc import Iterator, Mapping, Set
from dataclasses import replace

from stacks.manifests.manifest import Manifest, Value, given
from stacks.manifests.pods import read_only
from stacks.model import names
from stacks.model.container import EnvValue, FromField, FromResource
from stacks.model.owner import Owner
from stacks.model.volume import Claim, Volume
from stacks.model.workload import STATEFUL_SET, Workload

Mounted = tuple[dict[str, Value] | None, dict[str, Value] | None]
"""A volume (None if a StatefulSet makes it for each pod), and its mount (None if only other containers have one)."""

# Everybody may read files of a ConfigMap; only the container's group may read those of a Secret.
_CONFIG_MODE = 0o444
_SECRET_MODE = 0o440


def variables(owner: Owner, declared: Workload) -> list[Value]:
    """Return the container's variables: plain ones, those of the server's own Secret, those of declared Secrets."""
    own = owner.secret
    secret: list[Value] = [
        *(_secret_variable(name, own, name) for name in declared.secret_env),
        *(
            _secret_variable(name, use.name, key, optional=use.optional)
            for use in declared.secrets
            for name, key in use.env.items()
        ),
    ]
    # Kubernetes replaces $(NAME) in a value only by a variable that comes before it.
    first, later = _ordered(
        declared.env, {*declared.secret_env, *(name for use in declared.secrets for name in use.env)}
    )
    return [*plain_variables(first), *secret, *plain_variables(later)]


def _ordered(
    declared: Mapping[str, EnvValue], secret: Set[str]
) -> tuple[Mapping[str, EnvValue], Mapping[str, EnvValue]]:
    """Return the variables that refer to no others, and those that do, each after those that it refers to."""
    waiting = {name: {*_referred(value)} & {*declared, *secret} - {name} for name, value in declared.items()}
    first = {name: declared[name] for name, needed in waiting.items() if not needed}
    later: dict[str, EnvValue] = {}
    known = {*first, *secret}
    while ready := [name for name, needed in waiting.items() if name not in known and needed <= known]:
        later |= {name: declared[name] for name in ready}
        known.update(ready)
    # Variables that refer to each other cannot be ordered: Kubernetes leaves such references as they are.
    return first, later | {name: value for name, value in declared.items() if name not in known}


def _referred(value: EnvValue) -> list[str]:
    return re.findall(r"\$\(([A-Za-z_][A-Za-z0-9_]*)\)", value) if isinstance(value, str) else []


def plain_variables(declared: Mapping[str, EnvValue]) -> Iterator[dict[str, Value]]:
    """Yield variables that are not secret."""
    for name, value in declared.items():
        match value:
            case str():
                yield {"name": name, "value": value}
            case FromField():
                yield {"name": name, "valueFrom": {"fieldRef": {"fieldPath": value.field_ref}}}
            case FromResource():
                reference = value.resource_field_ref.model_dump(by_alias=True)
                yield {"name": name, "valueFrom": {"resourceFieldRef": reference}}


def _secret_variable(name: str, secret: str, key: str, *, optional: bool = False) -> Value:
    reference = given({"name": secret, "key": key, "optional": optional or None})
    return {"name": name, "valueFrom": {"secretKeyRef": reference}}


def variable_sources(declared: Workload) -> list[Value]:
    """Return the ConfigMaps and Secrets whose keys all become variables."""
    secrets = (given({"name": use.name, "optional": use.optional or None}) for use in declared.secrets if use.env_from)
    return [
        *({"configMapRef": {"name": use.name}} for use in declared.config_maps if use.env_from),
        *({"secretRef": reference} for reference in secrets),
    ]


def mounted(owner: Owner, declared: Workload) -> list[Mounted]:
    """Return each volume of a server with its mount in the server's container; None if it has none there.

    They are a writable /tmp, the server's own files, those of declared objects, writable folders, and its volumes.
    """
    return list(
        itertools.chain(
            [writable_tmp()], _own(owner, declared), _declared(declared), _writable(declared), _volumes(owner, declared)
        )
    )


def writable_tmp() -> Mounted:
    """Return the volume in which a container with a read-only root can write."""
    return {"name": "tmp", "emptyDir": {}}, {"name": "tmp", "mountPath": "/tmp"}  # noqa: S108


def _own(owner: Owner, declared: Workload) -> Iterator[Mounted]:
    if declared.config:
        yield _config_map("config", owner.config, names.CONFIG_MOUNT)
    if declared.secret_files:
        # Only the files: the same Secret also has the keys of `secretEnv`.
        items: Value = [{"key": name, "path": name} for name in declared.secret_files]
        yield _secret("secrets", owner.secret, names.SECRETS_MOUNT, items)


def _declared(declared: Workload) -> Iterator[Mounted]:
    for config_map in declared.config_maps:
        if config_map.mount is not None:
            yield _config_map(names.volume("config", config_map.name), config_map.name, config_map.mount)
    for secret in declared.secrets:
        if secret.mount is not None:
            yield _secret(names.volume("secret", secret.name), secret.name, secret.mount, optional=secret.optional)


def _writable(declared: Workload) -> Iterator[Mounted]:
    for folder in declared.writable:
        name = names.volume("writable", re.sub("[^a-z0-9]+", "-", folder.path.lower()).strip("-"))
        yield {"name": name, "emptyDir": {"sizeLimit": folder.size}}, {"name": name, "mountPath": folder.path}


def _volumes(owner: Owner, declared: Workload) -> Iterator[Mounted]:
    for name, volume in declared.volumes.items():
        mount = given(
            {"name": name, "mountPath": volume.mount, "subPath": volume.sub_path, "readOnly": volume.read_only or None}
        )
        source = _source(owner.claim(name), volume)
        made_for_each_pod = volume.claim is not None and declared.controller == STATEFUL_SET
        yield None if made_for_each_pod else {"name": name, **source}, mount if volume.mount else None


def _source(claim: str, volume: Volume) -> dict[str, Value]:
    if volume.empty_dir:
        return {"emptyDir": given({"sizeLimit": volume.empty_dir.size, "medium": volume.empty_dir.medium})}
    if token := volume.token:
        projected: Value = {
            "audience": token.audience,
            "expirationSeconds": token.expiration_seconds,
            "path": token.file,
        }
        return {"projected": {"defaultMode": _SECRET_MODE, "sources": [{"serviceAccountToken": projected}]}}
    return {"persistentVolumeClaim": {"claimName": volume.existing_claim or claim}}


def claims(owner: Owner, declared: Workload) -> Iterator[Manifest]:
    """Yield the PersistentVolumeClaims of a server; a StatefulSet makes its own."""
    for name, volume in declared.volumes.items():
        if volume.claim and declared.controller != STATEFUL_SET:
            claim = owner.claim(name)
            content = {"spec": claim_spec(volume.claim)}
            # Without the label by which undeclared objects are found, since the stack leaves a retained claim behind.
            labels = owner.selector
            made = Manifest("v1", "PersistentVolumeClaim", claim, declared.namespace, labels, content=content)
            yield replace(made, retained=volume.claim.retain)


def claim_spec(claim: Claim) -> dict[str, Value]:
    """Return the `spec` of a PersistentVolumeClaim."""
    size: Value = {"requests": {"storage": claim.size}}
    return given({"accessModes": claim.access_modes, "storageClassName": claim.storage_class, "resources": size})


def _config_map(volume: str, name: str, path: str) -> Mounted:
    return {"name": volume, "configMap": {"name": name, "defaultMode": _CONFIG_MODE}}, read_only(volume, path)


def _secret(volume: str, name: str, path: str, items: Value = None, *, optional: bool = False) -> Mounted:
    source = given({"secretName": name, "defaultMode": _SECRET_MODE, "items": items, "optional": optional or None})
    return {"name": volume, "secret": source}, read_only(volume, path)
