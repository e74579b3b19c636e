"""The verifier: `cortex verify --in-cluster`, on a schedule and after each deployment."""

from typing import Annotated

from pydantic import AfterValidator

from stacks.model import cron, names
from stacks.model.client import Client
from stacks.model.destination import Destination
from stacks.model.image import Image
from stacks.model.namespace import Compute
from stacks.model.resources import Limits, Resources
from stacks.model.types import LEFT_OUT, Model


class Verifier(Model):
    """A CronJob in cortex-system, and a Job for each declaration; both may only read."""

    image: Image
    """The image with the checks; without tag and digest it is looked up in the image lock."""
    schedule: Annotated[str, AfterValidator(cron.check)] = "*/15 * * * *"
    """Schedule in UTC (five cron fields)."""
    resources: Resources = Resources(
        requests=Compute(cpu="100m", memory="128Mi"), limits=Limits(cpu="1", memory="512Mi")
    )
    """CPU and memory of its container."""
    egress: Annotated[tuple[Destination, ...], LEFT_OUT] = ()
    """Destinations that its pods may connect to besides DNS, the Kubernetes API and the MCP servers, such as an
    authorization server."""


def verifier_client() -> Client:
    """Return the verifier's pods as a client; every MCP server of a stack with a verifier admits it."""
    return Client(namespace=names.SYSTEM_NAMESPACE, labels={names.APP: names.VERIFIER})
