"""The objects that lead to a server from outside, as far as their addresses go."""

import msgspec

from checks.kube.client import Kind


class _Port(msgspec.Struct, frozen=True):
    port: int


class _Ingress(msgspec.Struct, frozen=True):
    """An address of a load balancer."""

    ip: str = ""
    hostname: str = ""
    ports: list[_Port] = []


class _Balancer(msgspec.Struct, frozen=True):
    ingress: list[_Ingress] = []


class _Status(msgspec.Struct, frozen=True, rename="camel"):
    load_balancer: _Balancer = _Balancer()


class Balanced(msgspec.Struct, frozen=True):
    """A Service or an Ingress, as far as its addresses go."""

    status: _Status = _Status()


class _NodePort(msgspec.Struct, frozen=True, rename="camel"):
    port: int
    node_port: int = 0


class _ServiceSpec(msgspec.Struct, frozen=True):
    ports: list[_NodePort] = []


class Service(Balanced, frozen=True):
    """A Service with its ports."""

    spec: _ServiceSpec = _ServiceSpec()


class _Listener(msgspec.Struct, frozen=True):
    name: str
    port: int
    protocol: str


class _GatewaySpec(msgspec.Struct, frozen=True):
    listeners: list[_Listener] = []


class _GatewayAddress(msgspec.Struct, frozen=True):
    value: str = ""


class _GatewayStatus(msgspec.Struct, frozen=True):
    addresses: list[_GatewayAddress] = []


class Gateway(msgspec.Struct, frozen=True):
    """A Gateway of the Gateway API."""

    spec: _GatewaySpec = _GatewaySpec()
    status: _GatewayStatus = _GatewayStatus()


GATEWAYS = Kind("apis/gateway.networking.k8s.io/v1", "gateways", Gateway)
