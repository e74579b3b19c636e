"""Variables of containers, as they are declared."""

import pytest
from pydantic import ValidationError

from stacks.model.container import Container

IMAGE = "registry.test/a:1"


@pytest.mark.parametrize(
    "value",
    [
        {"fieldRef": "metadata.name"},
        {"fieldRef": "metadata.annotations['example.com/a']"},
        {"fieldRef": "status.podIPs"},
        {"resourceFieldRef": {"resource": "requests.ephemeral-storage"}},
        {"resourceFieldRef": {"resource": "limits.hugepages-2Mi"}},
    ],
)
def test_a_variable_refers_to_what_kubernetes_knows(value: dict[str, object]) -> None:
    Container.model_validate({"image": IMAGE, "env": {"A": value}})


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"fieldRef": "metadata.nam"}, "'metadata.nam' is not a field that a variable can have"),
        ({"fieldRef": "metadata.labels"}, "'metadata.labels' is not a field that a variable can have"),
        ({"resourceFieldRef": {"resource": "limits.gpu"}}, "'limits.gpu' is not a request or limit"),
        ({"resourceFieldRef": {"resource": "memory"}}, "'memory' is not a request or limit"),
    ],
)
def test_other_references_are_refused(value: dict[str, object], expected: str) -> None:
    with pytest.raises(ValidationError, match=expected):
        Container.model_validate({"image": IMAGE, "env": {"A": value}})
