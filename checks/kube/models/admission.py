"""Configurations of admission webhooks."""

# ruff: noqa: RUF012 - msgspec copies mutable defaults

from checks.kube.models.base import Meta, Object


class WebhookRule(Object, frozen=True):
    """A rule of a webhook: the resources that it applies to."""

    api_groups: list[str] = []
    resources: list[str] = []

    def matches(self, group: str, resource: str) -> bool:
        """Return whether it applies to a resource of an API group."""
        return not {group, "*"}.isdisjoint(self.api_groups) and not {resource, "*", "*/*"}.isdisjoint(self.resources)


class Webhook(Object, frozen=True):
    """One webhook of a configuration."""

    rules: list[WebhookRule] = []


class WebhookConfiguration(Object, frozen=True):
    """A MutatingWebhookConfiguration."""

    metadata: Meta
    webhooks: list[Webhook] = []
