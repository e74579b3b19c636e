"""The account of the resource manager, and its permissions."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from stacks.model.types import DnsLabel, Model


class ResourceManager(Model):
    """ServiceAccount `cortex-resource-manager` in cortex-system, its ClusterRole, Roles and bindings.

    `scope: cluster` and `token: legacy` are less safe than the defaults; a deployment warns about them.
    """

    scope: Literal["namespaces", "cluster"] = "namespaces"
    """`namespaces` binds the ClusterRole in each managed namespace; `cluster` binds it everywhere, Secrets included."""
    token: Literal["bound", "legacy"] = "bound"  # noqa: S105 - a kind of token
    """`bound` tokens are requested and expire; `legacy` is a Secret with a token that never expires."""
    readable_secrets: dict[DnsLabel, Annotated[tuple[DnsLabel, ...], Field(min_length=1)]] = {}
    """Namespace → Secrets that it may read, by name. With `scope: cluster` it reads all."""
    exec_in: tuple[DnsLabel, ...] = ()
    """Namespaces in which it may run commands in pods."""

    @model_validator(mode="after")
    def _once(self) -> "ResourceManager":
        if len(set(self.exec_in)) < len(self.exec_in):
            raise ValueError("execIn has the same entry twice: remove one")
        return self
