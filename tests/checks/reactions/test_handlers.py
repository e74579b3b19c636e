"""Which handler an event gets."""

from checks.reactions.handlers import handlers


def test_the_reasons_of_the_requirements_have_handlers() -> None:
    assert set(handlers()) == {
        "BackOff",
        "FailedCreate",
        "FailedScheduling",
        "NodeNotReady",
        "ResourceExhausted",
        "Unhealthy",
    }
