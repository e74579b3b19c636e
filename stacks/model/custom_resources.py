"""Custom resources: kinds of objects that a cluster knows only if somebody installed their definitions."""

from typing import Literal

CustomResource = Literal["ExternalSecret", "HTTPRoute", "PrometheusRule", "ServiceMonitor"]
"""A custom resource of which a stack can declare objects."""
