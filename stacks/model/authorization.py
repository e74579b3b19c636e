"""Whom an MCP server answers: a verification makes sure of it, and uses the declared credentials."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from stacks.model.service_url import Issuer, TokenUrl
from stacks.model.types import LEFT_OUT, DnsLabel, FileKey, Model


class SecretValue(Model):
    """A value in a Secret of the server's namespace."""

    secret: DnsLabel
    """A declared Secret, or the server's own `<type>-mcp-credentials`."""
    key: FileKey
    """Its key with the value."""


class BearerToken(SecretValue):
    """A token in a Secret of the server's namespace."""


class ClientSecret(SecretValue):
    """The secret of an OAuth client in a Secret of the server's namespace."""


class ClientCredentials(Model):
    """An OAuth client, which gets an access token from an authorization server (grant `client_credentials`).

    Its secret is sent to the token endpoint of `tokenUrl` or of `issuer`, and nowhere else: what the MCP server says
    of its authorization server is not believed.
    """

    token_url: Annotated[TokenUrl | None, LEFT_OUT] = None
    """The token endpoint."""
    issuer: Annotated[Issuer | None, LEFT_OUT] = None
    """The authorization server, instead of its token endpoint: its metadata (RFC 8414) names that, and must name
    exactly this issuer."""
    client_id: str = Field(min_length=1)
    """The client's identifier."""
    client_secret: ClientSecret
    """Where its secret is."""
    scope: Annotated[str, LEFT_OUT] = ""
    """The scopes to ask for, separated by blanks; those that the authorization server chooses unless given."""
    resource: Annotated[str, LEFT_OUT] = ""
    """The MCP server that the token is for (RFC 8707), as the authorization server knows it, such as its public URL."""

    @model_validator(mode="after")
    def _one(self) -> "ClientCredentials":
        if (self.token_url is None) == (self.issuer is None):
            raise ValueError("give exactly one of tokenUrl and issuer")
        return self


class Authorization(Model):
    """The server refuses requests without credentials: one of these."""

    anonymous: Annotated[Literal["refused"] | None, LEFT_OUT] = None
    """`refused`: a verification has no credentials, so it only makes sure that the server refuses it."""
    bearer: Annotated[BearerToken | None, LEFT_OUT] = None
    """The token with which a verification lists the tools; it also makes sure that the server refuses it without."""
    client_credentials: Annotated[ClientCredentials | None, LEFT_OUT] = None
    """An OAuth client, with whose access token a verification does the same."""

    @model_validator(mode="after")
    def _one(self) -> "Authorization":
        if sum(one is not None for one in (self.anonymous, self.bearer, self.client_credentials)) != 1:
            raise ValueError("give exactly one of anonymous, bearer and clientCredentials")
        return self

    @property
    def stored(self) -> tuple[str, SecretValue] | None:
        """Return the setting with a Secret for a verification, and which one; None without credentials."""
        if self.client_credentials:
            return "clientCredentials.clientSecret", self.client_credentials.client_secret
        return ("bearer", self.bearer) if self.bearer else None
