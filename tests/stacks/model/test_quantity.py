import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kubernetes.utils.quantity import parse_quantity

from stacks.model.quantity import amount, in_unit_of


@pytest.mark.parametrize(
    ("quantity", "value"),
    [
        ("500m", "0.5"),
        ("2", "2"),
        ("0.5", "0.5"),
        ("128Mi", "134217728"),
        ("1k", "1000"),
        ("2e3", "2000"),
        ("1" * 29, "1" * 29),
    ],
)
def test_amount_is_in_the_base_unit(quantity: str, value: str) -> None:
    assert amount(quantity) == Decimal(value)


@pytest.mark.parametrize(
    "quantity", ["", "x", "NaN", "Infinity", "1ki", "1 Gi", "1.2.3", "١٢", "1_000", "1e9999", "Gi"]
)
def test_what_kubernetes_refuses_is_refused(quantity: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        amount(quantity)


@pytest.mark.parametrize(
    ("value", "quantity", "text"),
    [
        ("1.5", "500m", "1500m"),
        ("12.5", "10", "12.5"),
        ("45097156608", "40Gi", "42Gi"),
        ("0.0001", "1", "0.001"),
        ("51", "5e1", "51"),
    ],
)
def test_values_are_written_in_the_unit_of_another(value: str, quantity: str, text: str) -> None:
    assert in_unit_of(Decimal(value), quantity) == text


def client(quantity: str) -> Decimal | None:
    """Give the value that the Kubernetes client sees in an ordinary number with a unit or exponent; else None.

    The client also reads units that Kubernetes does not have: `mi` would be a 1024th.
    """
    if not re.fullmatch(r"[-+]?[0-9.]+([eE][-+]?[0-9]{1,3}|(?![numk]i)[A-Za-z]*)", quantity):
        return None
    try:
        value: Decimal = parse_quantity(quantity)  # type: ignore[no-untyped-call]
    except ValueError:
        return None
    return value


def ours(quantity: str) -> Decimal | None:
    try:
        return amount(quantity)
    except ValueError:
        return None


@given(
    st.text("0123456789.eE-+numkKMGTPi", max_size=8)
    | st.from_regex(r"[-+]?[0-9]{1,20}\.?[0-9]{0,9}([eE][-+]?[0-9]{1,4}|[numkKMGTPEi]{0,2})", fullmatch=True)
)
def test_amount_is_what_the_kubernetes_client_sees(quantity: str) -> None:
    assert ours(quantity) == client(quantity)
