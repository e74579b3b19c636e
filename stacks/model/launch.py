"""The program `launch` in an MCP server's container: it starts a stdio server for the bridge, or asks one over MCP."""

from typing import Final

from stacks.model.namespace import Compute
from stacks.model.resources import Limits, Resources

CONTAINER: Final = "launch"
"""The init container that copies the program from the cortex image to a volume."""
VOLUME: Final = "launch"
"""The volume with the program alone, for probes; the bridge has a volume of its own."""
FOLDER: Final = "/cortex"
"""Where the volume is mounted."""
RESOURCES: Final = Resources(requests=Compute(cpu="50m", memory="64Mi"), limits=Limits(cpu="200m", memory="64Mi"))
"""CPU and memory of the init container without the bridge."""
