"""Strategies for what a stack has besides servers: verifier, agent, metrics and alerts, Talos, suppressions."""

from hypothesis import strategies as st

from checks.results.catalogue import catalogue
from stacks.model import cron
from stacks.model.suppression import ObjectPattern
from stacks.model.talos import TalosVersion
from stacks.model.types import DnsLabel, LabelKey, LabelValue
from tests.stacks.basic_strategies import COUNTS, DESTINATIONS, IMAGES, RESOURCES, TEXTS
from tests.stacks.fitting import fitting

ALERTS = st.fixed_dictionaries(
    {},
    optional={
        "quotaPercent": st.integers(1, 100),
        "restarts": COUNTS,
        "restartMinutes": COUNTS,
        "apiLatencyMs": COUNTS,
    },
)


NAMES = {"month": ("jan", "Jul", "DEC"), "day of the week": ("sun", "Wed", "SAT")}


def field(part: cron.Field) -> st.SearchStrategy[str]:
    """Draw one field of a cron schedule: a list of `*`, numbers, ranges and names, some with steps."""
    numbers = st.integers(part.first, part.last)
    ranges = st.tuples(numbers, numbers).map(lambda ends: f"{min(ends)}-{max(ends)}")
    spans = st.one_of(numbers.map(str), ranges, st.sampled_from(("*", *NAMES.get(part.title, ()))))
    entries = st.builds(lambda span, step: f"{span}{step}", spans, st.just("") | st.integers(1, 60).map("/{}".format))
    return st.lists(entries, min_size=1, max_size=3).map(",".join)


VERIFIERS = st.fixed_dictionaries(
    {"image": IMAGES},
    optional={
        "schedule": st.tuples(*map(field, cron.FIELDS)).map(" ".join),
        "resources": RESOURCES,
        "egress": DESTINATIONS,
    },
)
METRICS = {
    "image": IMAGES,
    "scrapers": st.lists(fitting(DnsLabel), max_size=2),
    "serviceMonitor": st.booleans(),
    "alerts": ALERTS,
    "monitorLabels": st.dictionaries(fitting(LabelKey), fitting(LabelValue), max_size=2),
    "resources": RESOURCES,
}
TALOS = st.fixed_dictionaries(
    {},
    optional={
        "version": fitting(TalosVersion),
        "controlPlanes": COUNTS,
        "context": TEXTS.filter(bool),
        "port": st.integers(1, 65535),
    },
)
AGENTS = st.fixed_dictionaries(
    {"image": IMAGES},
    optional={
        "replicas": st.integers(1, 3),
        "log": st.fixed_dictionaries({}, optional={"days": COUNTS, "size": st.sampled_from(["100Mi", "2Gi", "1e9"])}),
        "actions": st.lists(st.sampled_from(["cordon", "restart"]), unique=True),
        "dashboard": st.booleans(),
        "metrics": st.fixed_dictionaries(
            {},
            optional={
                "scraper": st.fixed_dictionaries({"namespace": fitting(DnsLabel)}),
                "serviceMonitor": st.booleans(),
                "alerts": st.booleans(),
                "monitorLabels": st.dictionaries(fitting(LabelKey), fitting(LabelValue), max_size=2),
            },
        ),
        "resources": RESOURCES,
    },
)
CODES = st.sampled_from(sorted({*catalogue(), *(f"{code.partition('.')[0]}.*" for code in catalogue())}))
SUPPRESSIONS = st.lists(
    st.fixed_dictionaries(
        {"code": CODES, "reason": TEXTS.filter(str.strip), "until": st.dates().map(str)},
        optional={"object": fitting(ObjectPattern)},
    ),
    max_size=2,
)
