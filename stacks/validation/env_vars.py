"""The environment variables that a server or workload gets from the keys of ConfigMaps and Secrets (`envFrom`)."""

import re
from collections.abc import Collection, Iterator, Mapping

from stacks.model.config_map import ConfigMap
from stacks.model.owner import Owner
from stacks.model.secret import Secret
from stacks.model.types import ENV_NAME
from stacks.model.workload import Workload


def faults(
    owner: Owner, declared: Workload, config_maps: Mapping[str, ConfigMap], secrets: Mapping[str, Secret]
) -> Iterator[str]:
    """Yield every broken rule as `path: what is wrong: the way out`.

    Kubernetes takes the last of several variables with one name, without a warning.
    """
    taken = {name: source for source, variables in named(declared).items() for name in variables}
    for place, what, keys in _all_keys(declared, config_maps, secrets):
        path = f"{owner.path}.{place}"
        for key in sorted(keys):
            if not re.fullmatch(ENV_NAME, key):
                yield f"{path}: the key {key!r} of {what} is not an environment variable: rename it there, or use mount"
            elif key in taken:
                yield f"{path}: the key {key!r} of {what} is in {taken[key]} as well: remove one of them"
            taken.setdefault(key, place)


def _all_keys(
    declared: Workload, config_maps: Mapping[str, ConfigMap], secrets: Mapping[str, Secret]
) -> Iterator[tuple[str, str, Collection[str]]]:
    """Yield the place of each `envFrom`, the object that it names, and the object's keys."""
    for index, use in enumerate(declared.config_maps):
        if use.env_from and (config_map := config_maps.get(use.name)):
            yield f"configMaps.{index}.envFrom", f"ConfigMap {use.name!r}", config_map.data
    for index, secret_use in enumerate(declared.secrets):
        if secret_use.env_from and (secret := secrets.get(secret_use.name)):
            yield f"secrets.{index}.envFrom", f"Secret {secret_use.name!r}", secret.names()


def named(declared: Workload) -> dict[str, Mapping[str, object]]:
    """Return the variables that are declared by name, by the setting that declares them."""
    sources: dict[str, Mapping[str, object]] = {"env": declared.env, "secretEnv": declared.secret_env}
    return sources | {f"secrets.{index}.env": use.env for index, use in enumerate(declared.secrets)}
