"""The fields of Kubernetes objects that the judges read; everything else in an answer is skipped while decoding."""

from checks.objects.base import Condition, ListOf, Meta, Text
from checks.objects.cluster import ConfigMap, Event, Limit, LimitRange, Namespace, Node, Quota, Service, Version
from checks.objects.workload import Container, Deployment, Pod, Probe, Terminated

__all__ = [
    "Condition",
    "ConfigMap",
    "Container",
    "Deployment",
    "Event",
    "Limit",
    "LimitRange",
    "ListOf",
    "Meta",
    "Namespace",
    "Node",
    "Pod",
    "Probe",
    "Quota",
    "Service",
    "Terminated",
    "Text",
    "Version",
]
