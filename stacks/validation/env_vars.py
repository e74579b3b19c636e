"""The environment variables that an MCP server gets from the keys of ConfigMaps (`envFrom`)."""

import re
from collections.abc import Iterator, Mapping

from stacks.model.config_map import ConfigMap
from stacks.model.server import Server
from stacks.model.types import ENV_NAME


def faults(kind: str, server: Server, config_maps: Mapping[str, ConfigMap]) -> Iterator[str]:
    """Yield every broken rule as `path: what is wrong: the way out`.

    Kubernetes takes the last of several variables with one name, without a warning.
    """
    taken = {name: source for source, variables in named(server).items() for name in variables}
    for index, use in enumerate(server.config_maps):
        declared = config_maps.get(use.name)
        path = f"servers.{kind}.configMaps.{index}.envFrom"
        for key in declared.data if declared and use.env_from else ():
            if not re.fullmatch(ENV_NAME, key):
                yield (
                    f"{path}: the key {key!r} of ConfigMap {use.name!r} is not an environment variable: "
                    "rename it there, or use mount"
                )
            elif key in taken:
                yield (
                    f"{path}: the key {key!r} of ConfigMap {use.name!r} is in {taken[key]} as well: remove one of them"
                )
            taken.setdefault(key, f"configMaps.{index}.envFrom")


def named(server: Server) -> dict[str, Mapping[str, object]]:
    """Return the variables that are declared by name, by the setting that declares them."""
    sources: dict[str, Mapping[str, object]] = {"env": server.env, "secretEnv": server.secret_env}
    return sources | {f"secrets.{index}.env": use.env for index, use in enumerate(server.secrets)}
