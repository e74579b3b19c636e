"""The grammar of schedules, at the points where that of Kubernetes differs from those of other programs."""

import pytest

from stacks.model import cron


@pytest.mark.parametrize(
    "schedule",
    [
        "*/15 * * * *",
        "0-30/10,45 0,12 1 jan-Mar,JUL MON-fri",
        "5/20 * */2 * *",
        "0 0 31 2 *",
        "0 0 */7 * */7",
        "*/120 * * * *",
        "00 007 01 12 06",
        "30  3 *\t*  *",
    ],
)
def test_kubernetes_accepts_it(schedule: str) -> None:
    assert cron.check(schedule) == schedule


@pytest.mark.parametrize(
    ("field", "schedule"),
    [
        ("'60' is not valid for the minute", "60 * * * *"),
        ("'1,' is not valid for the minute", "1, * * * *"),
        ("'*/0' is not valid for the minute", "*/0 * * * *"),
        ("'22-2' is not valid for the hour", "0 22-2 * * *"),
        ("'0' is not valid for the day of the month", "0 0 0 * *"),
        ("'L' is not valid for the day of the month", "0 0 L * *"),
        ("'LW' is not valid for the day of the month", "0 0 LW * *"),
        ("'mon' is not valid for the month", "0 0 * mon *"),
        ("'7' is not valid for the day of the week", "0 0 * * 7"),
        ("'5-07' is not valid for the day of the week", "0 0 * * 5-07"),
        ("'5l' is not valid for the day of the week", "0 0 * * 5l"),
        ("'mon#1' is not valid for the day of the week", "0 0 * * mon#1"),
        ("write five fields", "0 0 * *"),
        ("write five fields", "0 0 0 * * *"),
        ("write five fields", "0\t0 * * * *"),
        ("'fr\u0131' is not valid for the day of the week", "0 0 * * fr\u0131"),
        ("write five fields", ""),
    ],
)
def test_kubernetes_refuses_it(field: str, schedule: str) -> None:
    with pytest.raises(ValueError, match="is not a cron schedule: ") as refused:
        cron.check(schedule)
    assert field in str(refused.value)
