"""What `cortex verify` needs out of a scrape of 200,000 samples, against prometheus_client parsing all of it."""

from prometheus_client.parser import text_string_to_metric_families

from bench.exposition import scrape
from bench.ratio import interleaved
from checks.metrics.cluster_metrics import READ, ClusterMetrics, SampleCollector, now
from checks.metrics.exposition import Sample, Scanner, samples

PODS = 5000
GOAL = 20


def main() -> None:
    """Print how many times faster it is, once both say the same."""
    text = scrape(PODS)
    everything = text.decode()
    ours, theirs = list(samples(text, READ)), _wanted(everything)
    assert ours == theirs, "the two parsers disagree"
    mine, library = interleaved(lambda: _collected(text), lambda: _parsed(everything), runs=1)
    print(
        f"scrape of {len(text) / 1e6:.0f} MB: {len(ours):,} needed samples {mine:.2f} s / prometheus_client, all, "
        f"{library:.2f} s: {library / mine:.0f} times faster (goal {GOAL})"
    )


def _collected(text: bytes) -> ClusterMetrics:
    scanner, collector = Scanner(READ), SampleCollector()
    # As it comes from a connection.
    for start in range(0, len(text), 65536):
        collector.add(scanner.feed(text[start : start + 65536]))
    collector.add(scanner.end())
    return collector.metrics(now())


def _parsed(text: str) -> int:
    return sum(len(family.samples) for family in text_string_to_metric_families(text))


def _wanted(text: str) -> list[Sample]:
    found = (one for family in text_string_to_metric_families(text) for one in family.samples if one.name in READ)
    return [Sample(one.name, one.labels, float(one.value)) for one in found]


if __name__ == "__main__":
    main()
