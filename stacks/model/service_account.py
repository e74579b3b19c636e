"""The ServiceAccount with which pods run."""

from typing import Annotated

from pydantic import model_validator

from stacks.model.types import LEFT_OUT, DnsSubdomain, LabelKey, Model


class ServiceAccount(Model):
    """Exceptions to the default: an account of their own, called like the Deployment."""

    name: Annotated[DnsSubdomain | None, LEFT_OUT] = None
    """Its name, for instance one that a cloud's role trusts."""
    existing: Annotated[bool, LEFT_OUT] = False
    """Whether others make it; then the stack only uses it."""
    annotations: Annotated[dict[LabelKey, str], LEFT_OUT] = {}
    """Annotations, for instance the role of IRSA or of Workload Identity."""

    @model_validator(mode="after")
    def _fits(self) -> "ServiceAccount":
        if self.existing and self.name is None:
            raise ValueError("is existing, but has no name: name it")
        if self.existing and self.annotations:
            raise ValueError("is existing, so the stack does not annotate it: remove annotations")
        return self
