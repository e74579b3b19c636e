"""Custom resources: kinds of objects that a cluster knows only if somebody installed their definitions."""

from typing import Literal

CustomResource = Literal["CiliumNetworkPolicy", "ExternalSecret", "HTTPRoute", "PrometheusRule", "ServiceMonitor"]
"""A custom resource of which a stack can declare objects.

CiliumNetworkPolicy also says that Cilium is the cluster's network.
"""
