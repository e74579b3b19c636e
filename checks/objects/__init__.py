"""The fields of Kubernetes objects that the judges read; everything else in an answer is skipped while decoding."""

from checks.objects.base import Condition, ListOf, Meta, Text
from checks.objects.cluster import ConfigMap, Event, Limit, LimitRange, Namespace, Node, Quota, Service, Version
from checks.objects.usage import ApiGroup, PodMetrics
from checks.objects.workload import Container, Deployment, Pod, Probe

__all__ = [
    "ApiGroup",
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
    "PodMetrics",
    "Probe",
    "Quota",
    "Service",
    "Text",
    "Version",
]
