"""The declared Secrets and ConfigMaps that a container reads."""

from typing import Annotated

from pydantic import model_validator

from stacks.model.types import LEFT_OUT, DnsLabel, EnvName, FileKey, Folder, Model


class SecretUse(Model):
    """A declared Secret (cortex:secrets) that the main container reads: as variables, as files, or both."""

    name: DnsLabel
    """Key of the Secret under cortex:secrets."""
    env: dict[EnvName, FileKey] = {}
    """Environment variable → key."""
    env_from: Annotated[bool, LEFT_OUT] = False
    """Every key becomes an environment variable."""
    mount: Folder | None = None
    """Folder of the container that has the keys as read-only files."""
    optional: Annotated[bool, LEFT_OUT] = False
    """Whether pods also start without the Secret, or without a key of it."""

    @model_validator(mode="after")
    def _used(self) -> "SecretUse":
        if not (self.env or self.env_from or self.mount):
            raise ValueError("is not used: give env, envFrom, mount, or several of them")
        return self


class ConfigMapUse(Model):
    """A declared ConfigMap (cortex:configMaps) that the main container reads."""

    name: DnsLabel
    """Key of the ConfigMap under cortex:configMaps."""
    env_from: bool = False
    """Every key becomes an environment variable."""
    mount: Folder | None = None
    """Folder of the container that has the keys as read-only files."""

    @model_validator(mode="after")
    def _used(self) -> "ConfigMapUse":
        if not self.env_from and self.mount is None:
            raise ValueError("is not used: give envFrom, mount, or both")
        return self
