"""Reading several things at the same time."""

import anyio

from checks.kube.concurrent import read_each


def test_all_are_read_at_the_same_time_and_stay_in_order() -> None:
    async def main() -> dict[str, int]:
        begun, released = list[str](), anyio.Event()

        async def read(key: str) -> int:
            begun.append(key)
            if len(begun) == 3:
                released.set()
            with anyio.fail_after(5):
                await released.wait()
            await anyio.sleep(0 if key == "c" else 0.01)
            return len(key)

        return await read_each(read, ["a", "bb", "c"])

    assert list(anyio.run(main).items()) == [("a", 1), ("bb", 2), ("c", 1)]
