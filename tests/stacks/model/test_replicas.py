import pytest

from stacks.model.replicas import Replicas, replicas
from tests.components.recording import declared


@pytest.mark.parametrize(
    ("settings", "expected", "text"),
    [
        ({"replicas": 3}, Replicas(3, 3), "3"),
        ({"autoscaling": {"minReplicas": 2, "maxReplicas": 5}}, Replicas(2, 5), "2 to 5"),
    ],
)
def test_replicas_are_a_number_or_the_autoscalers_range(
    settings: dict[str, object], expected: Replicas, text: str
) -> None:
    found = replicas(declared(demo=settings).servers["demo"])
    assert found == expected
    assert str(found) == text


def test_autoscaling_begins_with_its_least_unless_told() -> None:
    def first(**settings: object) -> int:
        return declared(demo=settings).servers["demo"].replicas

    assert first() == 2
    assert first(autoscaling={"minReplicas": 3, "maxReplicas": 5}) == 3
    assert first(autoscaling={"minReplicas": 3, "maxReplicas": 5}, replicas=4) == 4
