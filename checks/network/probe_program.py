"""The program of a probe pod: it tries to connect to MCP servers, and writes the outcomes into a file.

It is passed as text to the Python of the verifier's image and must start quickly, so it uses the standard library only.
Its only argument is JSON:

* `targets`: host and port of each server, and whether the pod is expected to reach it;
* `seconds`: timeout for the expected outcomes; `lasting`: seconds that a refusal must last; `report`: the file.

NetworkPolicies take effect some seconds after a pod's start. Until then some networks allow its traffic and others do
not, and a server's policy may not know the pod yet. Each target is therefore tried until the outcome is the expected
one, or until the timeout. Nothing is tried before the pod reaches its DNS server, which every pod may reach. A refusal
counts only if it lasts, and only after the API server became unreachable, which shows that the pod's own policies are
enforced.
"""

import json
import os
import socket
import sys
import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue

CONNECT_SECONDS = 2.0
PAUSE_SECONDS = 0.1
"""Pause between attempts that are answered at once."""
REFUSED_SECONDS = 1.0
"""Longest pause after a refusal that must last: after six refusals, Linux answers one a second (icmp_ratelimit)."""
AT_ONCE = 8
"""Most unanswered attempts for one target."""


def nameserver(resolv_conf: str = "/etc/resolv.conf") -> str | None:
    """Return the address of the pod's DNS server; None if it has none."""
    with open(resolv_conf, encoding="utf-8") as file:  # noqa: PTH123 - pathlib takes longer to load than all else
        fields = [line.split() for line in file]
    return next((words[1] for words in fields if len(words) > 1 and words[0] == "nameserver"), None)


def attempt(host: str, port: int) -> str:
    """Return the outcome of an attempt to connect: `reached`, `refused`, `timeout`, or `unresolved`."""
    try:
        address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][4]
    except OSError:
        return "unresolved"
    try:
        socket.create_connection((str(address[0]), port), CONNECT_SECONDS).close()
    except TimeoutError:
        return "timeout"
    except OSError:
        return "refused"
    return "reached"


def settled(
    host: str,
    port: int,
    *,
    wanted: bool,
    end: float,
    lasting: float = 0.0,
    attempt: Callable[[str, int], str] = attempt,
) -> str:
    """Try until the outcome is the wanted one, a refusal for `lasting` seconds, or until `end`; return the last one.

    While a network is set up it drops packets, which are sent again only after a second, so an attempt does not wait
    for the answer of the previous one. A refusal lasts from the start of the first refused attempt to the start of the
    last one, if no attempt in between reached the target.
    """
    answers = SimpleQueue[tuple[float, str]]()

    def try_once() -> None:
        begun = time.monotonic()
        answers.put((begun, attempt(host, port)))

    since, last, unanswered, next_try = None, (0.0, ""), 0, 0.0
    pause = min(max(lasting, PAUSE_SECONDS), REFUSED_SECONDS)
    while True:
        now = time.monotonic()
        if now >= next_try and unanswered < AT_ONCE:
            next_try = now + (CONNECT_SECONDS / AT_ONCE if unanswered else PAUSE_SECONDS)
            unanswered += 1
            threading.Thread(target=try_once, daemon=True).start()
        try:
            begun, outcome = answers.get(timeout=next_try - now if next_try > now else PAUSE_SECONDS)
        except Empty:
            continue
        unanswered -= 1
        if outcome == "reached":
            since = None
        else:
            since = begun if since is None and begun > last[0] else since
            next_try = max(next_try, begun + pause)
        last = max(last, (begun, outcome))
        if outcome == "reached" if wanted else since is not None and begun - since >= lasting:
            return outcome
        if time.monotonic() > end:
            return last[1]


def tried(
    targets: list[tuple[str, int, bool]],
    end: float,
    lasting: float,
    dns: tuple[str, int] | None,
    api: tuple[str, int],
) -> dict[str, object]:
    """Return the report of concurrent attempts for all targets; `alive` is false if the DNS server was not reached."""
    if dns is None or settled(*dns, wanted=True, end=end) != "reached":
        return {"alive": False, "outcomes": []}
    if not all(wanted for _, _, wanted in targets):
        settled(*api, wanted=False, end=end)
    outcomes = [""] * len(targets)

    def one(number: int) -> None:
        host, port, wanted = targets[number]
        outcomes[number] = settled(host, port, wanted=wanted, end=end, lasting=0.0 if wanted else lasting)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(len(targets))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {"alive": True, "outcomes": outcomes}


def main(argument: str) -> None:
    """Try the targets of the argument, and write the report."""
    task = json.loads(argument)
    server = nameserver()
    dns = None if server is None else (server, 53)
    api = (os.environ["KUBERNETES_SERVICE_HOST"], int(os.environ["KUBERNETES_SERVICE_PORT"]))
    report = tried(task["targets"], time.monotonic() + task["seconds"], task["lasting"], dns, api)
    with open(task["report"], "w", encoding="utf-8") as file:  # noqa: PTH123
        json.dump(report, file)


if __name__ == "__main__":
    main(sys.argv[1])
