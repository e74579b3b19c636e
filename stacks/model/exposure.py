"""How clients outside the cluster reach a server by name: through an Ingress or a Gateway."""

from typing import Annotated

from pydantic import Field, model_validator

from stacks.model.client import Pods
from stacks.model.probe import HttpPath
from stacks.model.types import LEFT_OUT, DnsLabel, DnsSubdomain, LabelKey, Model


class Gateway(Model):
    """A Gateway of the Gateway API, which others make. The cluster must have the custom resource `HTTPRoute`."""

    name: DnsSubdomain
    """Its name."""
    namespace: DnsLabel
    """Its namespace."""
    listener: Annotated[DnsSubdomain | None, LEFT_OUT] = None
    """Its listener (`sectionName`); all of them unless given."""


class Tls(Model):
    """The certificate of an Ingress."""

    secret: DnsSubdomain
    """The Secret with the certificate, in the server's namespace."""
    cluster_issuer: Annotated[DnsSubdomain | None, LEFT_OUT] = None
    """A ClusterIssuer of cert-manager that makes the certificate."""


class Exposure(Model):
    """A host name for clients outside the cluster: an Ingress, or an HTTPRoute if `gateway` is given."""

    host: DnsSubdomain
    """The host name."""
    path: HttpPath = "/"
    """Requests whose path begins with it go to the server."""
    proxy: Pods
    """Who is let in: the pods of the Ingress controller or Gateway."""
    gateway: Annotated[Gateway | None, LEFT_OUT] = None
    """The Gateway that has the host."""
    class_name: Annotated[DnsSubdomain | None, LEFT_OUT] = None
    """The IngressClass, if not the cluster's default."""
    tls: Annotated[Tls | None, LEFT_OUT] = None
    """The certificate of the Ingress. That of a Gateway belongs to its listener."""
    annotations: Annotated[dict[LabelKey, str], Field(examples=[{"example.com/timeout": "60"}]), LEFT_OUT] = {}
    """Annotations of the Ingress or HTTPRoute."""

    @model_validator(mode="after")
    def _one_way(self) -> "Exposure":
        if self.gateway and (self.class_name or self.tls):
            raise ValueError("has a gateway, to which className and tls do not apply: remove them")
        return self
