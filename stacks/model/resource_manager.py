"""The account with which the resource manager works, and how far it reaches (seed, section 5)."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from stacks.model.types import DnsLabel, Model


class ResourceManager(Model):
    """ServiceAccount `cortex-resource-manager` in cortex-system, its ClusterRole, Roles and bindings.

    The defaults are safer than the seed; `scope: cluster` and `token: legacy` are the seed's way, and warn.
    """

    scope: Literal["namespaces", "cluster"] = "namespaces"
    """`namespaces` binds the ClusterRole in each managed namespace; `cluster` binds it everywhere, Secrets included."""
    token: Literal["bound", "legacy"] = "bound"  # noqa: S105 - a kind of token
    """`bound` tokens are asked for and expire; `legacy` is a Secret that never does."""
    readable_secrets: dict[DnsLabel, Annotated[tuple[DnsLabel, ...], Field(min_length=1)]] = {}
    """Namespace → Secrets that it may read, by name. With `scope: cluster` it reads all."""
    exec_in: tuple[DnsLabel, ...] = ()
    """Namespaces in which it may run commands in pods, by a Role of its own."""

    @model_validator(mode="after")
    def _once(self) -> "ResourceManager":
        if len(set(self.exec_in)) < len(self.exec_in):
            raise ValueError("execIn has the same entry twice: remove one")
        return self
