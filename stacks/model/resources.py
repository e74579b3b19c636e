"""CPU, memory and devices of a container."""

from typing import Annotated

from pydantic import Field, model_validator

from stacks.model.namespace import Compute
from stacks.model.quantity import Quantity, WholeQuantity, amount
from stacks.model.types import LEFT_OUT, LabelKey, Model


class Limits(Model):
    """The most that a container can use."""

    cpu: Quantity | None = "500m"
    """Cores; `null` for no limit: then the container may use what its node has left."""
    memory: Quantity = "512Mi"
    """Bytes: a container that uses more is killed."""


class Resources(Model):
    """CPU and memory of a container."""

    requests: Compute = Compute(cpu="100m", memory="128Mi")
    """What is reserved for it."""
    limits: Limits = Limits()
    """The most that it can use."""
    extended: Annotated[dict[LabelKey, WholeQuantity], Field(examples=[{"nvidia.com/gpu": 1}]), LEFT_OUT] = {}
    """Devices and other resources of nodes, such as GPUs: reserved, and not shared."""

    @model_validator(mode="after")
    def _requests_fit_limits(self) -> "Resources":
        cpu, memory = self.requests.cpu, self.requests.memory
        over = self.limits.cpu is not None and amount(cpu) > amount(self.limits.cpu)
        if over or amount(memory) > amount(self.limits.memory):
            raise ValueError("requests are larger than limits: lower requests or raise limits")
        return self
