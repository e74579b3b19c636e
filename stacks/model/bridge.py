"""The bridge as a container of its own, beside a stdio server from its stock image."""

from typing import Final

from stacks.model.namespace import Compute
from stacks.model.resources import Limits, Resources

CONTAINER: Final = "bridge"
"""The container that serves MCP over HTTP."""
VOLUME: Final = "bridge"
"""The volume with the program `launch`, and with the socket by which it connects the server with the bridge."""
RESOURCES: Final = Resources(requests=Compute(cpu="50m", memory="96Mi"), limits=Limits(cpu="500m", memory="256Mi"))
"""CPU and memory of the bridge and of the init container."""
