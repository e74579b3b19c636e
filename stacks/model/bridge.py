"""The bridge as a container of its own, beside a stdio server from its stock image."""

from fnmatch import fnmatchcase
from typing import Annotated, Final

from pydantic import Field, model_validator

from stacks.model.namespace import Compute
from stacks.model.resources import Limits, Resources
from stacks.model.types import LEFT_OUT, DnsSubdomain, Model

CONTAINER: Final = "bridge"
"""The container that serves MCP over HTTP."""
VOLUME: Final = "bridge"
"""The volume with the program `launch`, and with the socket by which it connects the server with the bridge."""
TOKEN_VOLUME: Final = "bridge-token"  # noqa: S105
"""The volume with the token that it requires, in the bridge's container alone."""
RESOURCES: Final = Resources(requests=Compute(cpu="50m", memory="96Mi"), limits=Limits(cpu="500m", memory="256Mi"))
"""CPU and memory of the bridge and of the init container."""

ToolPattern = Annotated[str, Field(min_length=1)]


class BridgeRules(Model):
    """What the bridge serves, and to whom."""

    allow_tools: Annotated[tuple[ToolPattern, ...], LEFT_OUT] = ()
    """Patterns with `*` and `?`: it serves only tools with such names; all unless given."""
    deny_tools: Annotated[tuple[ToolPattern, ...], LEFT_OUT] = ()
    """Patterns of tools that it does not serve, even if they are allowed."""
    require_token: Annotated[bool, LEFT_OUT] = False
    """Whether it refuses requests without the token of `authorization.bearer`, whose key may have several, one a
    line."""
    allow_hosts: Annotated[tuple[DnsSubdomain, ...], LEFT_OUT] = ()
    """More names under which browsers may know the server, besides those of its Service, such as that of a gateway."""

    @model_validator(mode="after")
    def _given(self) -> "BridgeRules":
        if not (self.allow_tools or self.deny_tools or self.require_token or self.allow_hosts):
            raise ValueError("has no rule: give allowTools, denyTools, requireToken or allowHosts, or remove it")
        return self

    def serves(self, tool: str) -> bool:
        """Return whether the bridge serves the tool."""
        allowed = not self.allow_tools or any(fnmatchcase(tool, one) for one in self.allow_tools)
        return allowed and not any(fnmatchcase(tool, one) for one in self.deny_tools)
