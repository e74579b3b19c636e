from decimal import Decimal

import pytest

from stacks.model.quantity import amount, in_unit_of


@pytest.mark.parametrize(
    ("quantity", "value"),
    [("500m", "0.5"), ("2", "2"), ("0.5", "0.5"), ("128Mi", "134217728"), ("1k", "1000"), ("2e3", "2000")],
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
