"""The verifier: `cortex verify --in-cluster`, on a schedule and after each deployment."""

from typing import Annotated

from stacks.base import Model, matching
from stacks.image import Image
from stacks.namespace import Compute
from stacks.server import Resources


class Verifier(Model):
    """A CronJob in cortex-system, and a Job for each declaration; both with read rights and no more."""

    image: Image
    schedule: Annotated[
        str, matching(r"(\S+ ){4}\S+", "cron schedule: write five fields, for instance */15 * * * *")
    ] = "*/15 * * * *"
    resources: Resources = Resources(
        requests=Compute(cpu="100m", memory="128Mi"), limits=Compute(cpu="1", memory="512Mi")
    )
