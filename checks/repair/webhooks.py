"""Find the admission webhooks that may change an object. Their selectors are not evaluated."""

from checks.kube.client import ApiClient, Kind
from checks.kube.models import WebhookConfiguration
from checks.kube.reading import ReadFailure
from checks.repair.kinds import kind_of
from checks.results.result import Ref

CONFIGURATIONS = Kind("apis/admissionregistration.k8s.io/v1", "mutatingwebhookconfigurations", WebhookConfiguration)


async def webhooks(api: ApiClient, ref: Ref) -> tuple[str, ...]:
    """Return the names of the MutatingWebhookConfigurations for an object's kind; none if they cannot be read."""
    reading = await api.list(CONFIGURATIONS)
    if isinstance(reading, ReadFailure):
        return ()
    kind = kind_of(ref)
    return tuple(
        configuration.metadata.name
        for configuration in reading.value
        if any(rule.matches(kind.group, kind.plural) for webhook in configuration.webhooks for rule in webhook.rules)
    )
