"""The fields of Kubernetes objects that the judges read; everything else in an answer is skipped while decoding."""

from checks.objects.base import Condition, ListOf, Meta, Text
from checks.objects.cluster import ConfigMap, Event, Limit, LimitRange, Namespace, Node, Quota, Service, Version
from checks.objects.job import CronJob, Job
from checks.objects.workload import Container, ContainerStatus, Deployment, Pod, Probe

__all__ = [
    "Condition",
    "ConfigMap",
    "Container",
    "ContainerStatus",
    "CronJob",
    "Deployment",
    "Event",
    "Job",
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
    "Text",
    "Version",
]
