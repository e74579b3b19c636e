"""Quantities mean what Kubernetes says, whichever way they are written: by a table of units and exact fractions."""

from decimal import Decimal
from fractions import Fraction

from hypothesis import assume, given
from hypothesis import strategies as st

from checks.drift.diff import differences
from stacks.model.quantity import amount, in_unit_of

UNITS = {
    "": Fraction(1),
    **{unit: Fraction(1, 1000**power) for power, unit in enumerate("mun", 1)},
    **{unit: Fraction(1000**power) for power, unit in enumerate("kMGTPE", 1)},
    **{f"{unit}i": Fraction(1024**power) for power, unit in enumerate("KMGTPE", 1)},
    **{f"e{power}": Fraction(10) ** power for power in range(-3, 10)},
}
"""Kubernetes: Quantity, <decimalSI>, <binarySI> and <decimalExponent>."""

numbers = st.decimals(min_value=0, max_value=2**53, places=3).map(lambda number: f"{number.normalize():f}")
units = st.sampled_from(sorted(UNITS))


@given(numbers, units)
def test_amount_is_number_times_unit(number: str, unit: str) -> None:
    exact = Fraction(number) * UNITS[unit]
    # Decimals keep 28 digits, more than any quantity in a cluster has.
    assert abs(Fraction(amount(number + unit)) - exact) <= exact / 10**26


@given(st.text(max_size=8))
def test_whatever_is_written_is_a_quantity_or_refused(text: str) -> None:
    try:
        value = amount(text)
    except ValueError:
        return
    assert value.is_finite()
    assert text.isascii()


@given(numbers, units, numbers, st.sampled_from(sorted(unit for unit in UNITS if not unit.startswith("e"))))
def test_written_in_a_unit_it_is_no_less_and_hardly_more(number: str, unit: str, other: str, of: str) -> None:
    value = amount(number + unit)
    scale = amount(f"1{of}")
    assume(value / scale < Decimal(10) ** 20)
    written = amount(in_unit_of(value, (other or "0") + of))
    tolerance = value / Decimal(10) ** 24
    assert value - tolerance <= written <= value + scale * Decimal("0.001") + tolerance


@given(st.integers(min_value=0, max_value=2**40), units, st.integers(min_value=0, max_value=2**40), units)
def test_equal_amounts_are_no_difference_and_others_are(number: int, unit: str, other: int, of: str) -> None:
    declared, live = {"limits": {"memory": f"{number}{unit}"}}, {"limits": {"memory": f"{other}{of}"}}
    same = Fraction(number) * UNITS[unit] == Fraction(other) * UNITS[of]
    assert (list(differences(declared, live)) == []) is same
    in_other_words = f"{Fraction(number) * UNITS[unit] * 1000}m"
    assume("/" not in in_other_words)
    assert list(differences(declared, {"limits": {"memory": in_other_words}})) == []
