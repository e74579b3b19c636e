"""Where pods run, as it is declared."""

import pytest
from pydantic import ValidationError

from stacks.model.placement import Placement
from stacks.model.validation_errors import sentences


@pytest.mark.parametrize(
    ("settings", "place"),
    [
        ({"hostAliases": [{"ip": "192.0.2.7x", "hostnames": ["a.test"]}]}, "hostAliases.0.ip"),
        ({"dnsConfig": {"nameservers": ["2001:db8::1", "192.0.2.7x"]}}, "dnsConfig.nameservers.1"),
    ],
)
def test_an_address_is_one(settings: dict[str, object], place: str) -> None:
    with pytest.raises(ValidationError) as raised:
        Placement.model_validate(settings)
    expected = f"{place}: '192.0.2.7x' is not an IP address: write for instance 192.0.2.10"
    assert sentences(raised.value, Placement) == [expected]
