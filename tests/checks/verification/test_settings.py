"""No setting of the model is without a mutation on a live cluster (`test_settings_live.py`), or a reason for none."""

from collections.abc import Iterator

from pydantic import BaseModel

from stacks.model.types import Model
from tests.checks.mutations.reasons import EXCUSED, excused
from tests.checks.mutations.settings import Setting, change, defined, places


def test_each_setting_has_a_mutation_or_a_reason() -> None:
    mutated = {setting for place in places() for setting in (place.setting, *place.groups)}
    assert {setting for setting in settings() - mutated if not excused(setting)} == set()


def test_a_reason_is_of_a_setting_without_a_mutation() -> None:
    known = settings()
    assert [one for one in EXCUSED if not any(excused(setting, [one]) for setting in known)] == []
    tried = [place for place in places() if excused(place.setting)]
    assert [str(place) for place in tried if change(place)] == []


def settings() -> set[Setting]:
    """Give every setting of a stack file."""
    return {
        defined(model, name)
        for model in _models(Model)
        if model.__module__.startswith("stacks.model.")
        for name in model.model_fields
    }


def _models(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for one in model.__subclasses__():
        yield one
        yield from _models(one)
