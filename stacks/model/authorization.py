"""Whom an MCP server answers: a verification makes sure of it, and uses the declared credentials."""

from typing import Annotated, Literal

from pydantic import model_validator

from stacks.model.types import LEFT_OUT, DnsLabel, FileKey, Model


class BearerToken(Model):
    """A token in a Secret of the server's namespace."""

    secret: DnsLabel
    """A declared Secret, or the server's own `<type>-mcp-credentials`."""
    key: FileKey
    """Its key with the token."""


class Authorization(Model):
    """The server refuses requests without credentials: one of these."""

    anonymous: Annotated[Literal["refused"] | None, LEFT_OUT] = None
    """`refused`: a verification has no credentials, so it only makes sure that the server refuses it."""
    bearer: Annotated[BearerToken | None, LEFT_OUT] = None
    """The token with which a verification lists the tools; it also makes sure that the server refuses it without."""

    @model_validator(mode="after")
    def _one(self) -> "Authorization":
        if (self.anonymous is None) == (self.bearer is None):
            raise ValueError("give exactly one of anonymous and bearer")
        return self
