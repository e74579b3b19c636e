"""While the API server is down, all watches together ask once a second, and go on together when it answers."""

from time import monotonic

import anyio

from checks.kube.watch.availability import Availability


def test_the_watches_take_turns_and_an_answer_lets_all_go_on() -> None:
    async def go() -> tuple[list[float], list[float]]:
        availability, asked, begin = Availability(), list[float](), monotonic()
        availability.failed()

        async def watch() -> None:
            await availability.turn()
            asked.append(monotonic() - begin)

        async with anyio.create_task_group() as group:
            for _ in range(10):
                group.start_soon(watch)
            await anyio.sleep(1.5)
            turns = list(asked)
            availability.answered()
        return turns, asked

    turns, asked = anyio.run(go)
    assert len(turns) == 2
    assert turns[1] - turns[0] >= 0.99
    assert len(asked) == 10
    assert asked[-1] < 1.9


def test_a_wait_ends_when_the_api_server_answers() -> None:
    async def go() -> float:
        availability, begin = Availability(), monotonic()
        availability.failed()
        async with anyio.create_task_group() as group:
            group.start_soon(availability.pause, 30)
            await anyio.sleep(0.05)
            availability.answered()
        return monotonic() - begin

    assert anyio.run(go) < 5
