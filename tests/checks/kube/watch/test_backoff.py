"""Waits double, have a limit, and begin anew after a time without failures."""

from checks.kube.watch.backoff import Backoff


def test_waits_double_up_to_their_limit_and_begin_anew() -> None:
    now = 0.0
    backoff = Backoff(lambda: now)
    for least in (0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30.0, 30.0):
        assert least <= backoff.seconds() <= 2 * least
        now += 100
    now += 121
    assert 0.8 <= backoff.seconds() <= 1.6
    assert backoff.seconds() >= 1.6
    backoff.reset()
    assert 0.8 <= backoff.seconds() <= 1.6
