"""Kubernetes quantities (`500m`, `20Gi`): checked and compared.

There is a parser here because importing that of the Kubernetes client takes a third of a second.
"""

import re
from decimal import ROUND_UP, Decimal, InvalidOperation
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

_SHAPE = re.compile(r"([-+]?[0-9.]+(?:[eE][-+]?[0-9]{1,3})?)|([-+]?[0-9.]+)([numkKMGTPE]|[KMGTPE]i)")
_THOUSANDS = {"n": -3, "u": -2, "m": -1, "k": 1, "K": 1, "M": 2, "G": 3, "T": 4, "P": 5, "E": 6}
_LARGEST = 2**63 - 1
"""The largest value of a Kubernetes quantity."""


def amount(quantity: str) -> Decimal:
    """Return a quantity's value in its base unit: cores, bytes or a count.

    Raises:
        ValueError: it is not a Kubernetes quantity.
    """
    shape = _SHAPE.fullmatch(quantity)
    if shape is None:
        raise ValueError(f"not a quantity: {quantity!r}")
    number, unit = shape[1] or shape[2], shape[3] or ""
    try:
        value = Decimal(number)
    except InvalidOperation:
        raise ValueError(f"not a quantity: {quantity!r}") from None
    if not unit:
        # A product would be rounded to 28 digits.
        return value
    base = 1024 if unit.endswith("i") else 1000
    return value * Decimal(base) ** _THOUSANDS[unit.removesuffix("i")]


def in_unit_of(value: Decimal, quantity: str) -> str:
    """Return a value in the unit of `quantity`, rounded up to three decimals."""
    unit = re.sub(r"^[-+0-9.]+([eE][-+]?[0-9]+)?", "", quantity)
    scaled = (value / amount(f"1{unit}")).quantize(Decimal("0.001"), ROUND_UP)
    return f"{scaled.normalize():f}{unit}"


def _check(quantity: str) -> str:
    try:
        value = amount(quantity)
    except ValueError:
        raise ValueError(f"{quantity!r} is not a quantity: write for instance 500m, 2, 128Mi or 20Gi") from None
    if value < 0:
        raise ValueError(f"{quantity!r} is negative: write zero or more")
    if value > _LARGEST:
        raise ValueError(f"{quantity!r} is more than Kubernetes can count: write a smaller quantity")
    return quantity


def _from_number(value: object) -> object:
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def _check_whole(quantity: str) -> str:
    if amount(quantity) % 1:
        raise ValueError(f"{quantity!r} is not a whole number: write one, because Kubernetes counts these")
    return quantity


Quantity = Annotated[str, BeforeValidator(_from_number, json_schema_input_type=str | float), AfterValidator(_check)]
"""A Kubernetes quantity, kept as written."""

WholeQuantity = Annotated[Quantity, AfterValidator(_check_whole)]
"""A number of countable things, such as pods."""
