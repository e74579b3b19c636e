"""A stdio MCP server without the SDK: it starts at once, and does all that the bridge has to survive or to pass on."""

import json
import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

Request = dict[str, Any]
Arguments = dict[str, float]

said: list[dict[str, object]] = []
"""What the client has sent besides tool calls."""
answers: dict[str, object] = {}
"""The client's answers to requests of this server."""


def write(message: dict[str, object]) -> None:
    # One write a line: threads may answer at the same time.
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
    sys.stdout.flush()


def answer(request: Request, result: object) -> None:
    write({"id": request["id"], "result": result})


def notify(kind: str, **parameters: object) -> None:
    write({"method": f"notifications/{kind}", "params": parameters})


def text(said: object) -> object:
    return {"content": [{"type": "text", "text": str(said)}]}


def sleep(request: Request, arguments: Arguments) -> None:
    def late() -> None:
        time.sleep(arguments["seconds"])
        answer(request, text("awake"))

    threading.Thread(target=late, daemon=True).start()


def sample(request: Request, _: Arguments) -> None:
    """Ask the client to let its model answer, and return what it says."""

    def ask() -> None:
        answers.clear()
        message = {"role": "user", "content": {"type": "text", "text": "Hello?"}}
        write({"id": "ask", "method": "sampling/createMessage", "params": {"messages": [message], "maxTokens": 9}})
        while "ask" not in answers:
            time.sleep(0.01)
        answer(request, text(json.dumps(answers["ask"])))

    threading.Thread(target=ask, daemon=True).start()


def progress(request: Request, _: Arguments) -> None:
    token = request["params"].get("_meta", {}).get("progressToken")
    for done in (1, 2):
        if token is not None:
            notify("progress", progressToken=token, progress=done, total=2, message=f"step {done}")
    answer(request, text("done"))


def log(request: Request, _: Arguments) -> None:
    notify("message", level="info", data="working")
    answer(request, text("logged"))


def announce(request: Request, _: Arguments) -> None:
    for kind in ("tools/list_changed", "prompts/list_changed", "resources/list_changed"):
        notify(kind)
    notify("resources/updated", uri="plain://one")
    answer(request, text("told"))


def flood(request: Request, arguments: Arguments) -> None:
    sys.stderr.write(("x" * 999 + "\n") * int(arguments["lines"]))
    answer(request, text("flooded"))


def garbage(request: Request, _: Arguments) -> None:
    sys.stdout.write("<html><body>no MCP at all</body></html>\n\x00\n{}\n[1, 2]\n")
    answer(request, text("after garbage"))


TOOLS: dict[str, Callable[[Request, Arguments], object]] = {
    "pid": lambda request, _: answer(request, text(os.getpid())),
    "crash": lambda *_: os._exit(3),
    "sleep": sleep,
    "hang": lambda *_: threading.Event().wait(),
    "progress": progress,
    "log": log,
    "announce": announce,
    "sample": sample,
    "flood": flood,
    "garbage": garbage,
    "large": lambda request, arguments: answer(request, text("x" * int(arguments["bytes"]))),
    "said": lambda request, _: answer(request, text(json.dumps(said))),
}


def initialize(request: Request, version: object) -> None:
    capabilities = {
        "tools": {"listChanged": True},
        "prompts": {"listChanged": True},
        "resources": {"listChanged": True, "subscribe": True},
        "logging": {},
        "completions": {},
    }
    about = {"name": "plain", "version": "1.0.0"}
    answer(request, {"protocolVersion": version, "capabilities": capabilities, "serverInfo": about})


def main() -> None:
    for line in sys.stdin:
        request = json.loads(line)
        parameters = request.get("params", {})
        match request.get("method"):
            case None:
                answers[request["id"]] = request.get("error") or request.get("result")
            case "initialize":
                initialize(request, parameters["protocolVersion"])
            case "tools/list":
                answer(request, {"tools": [{"name": name, "inputSchema": {"type": "object"}} for name in TOOLS]})
            case "tools/call":
                TOOLS[parameters["name"]](request, parameters.get("arguments") or {})
            case "completion/complete":
                answer(request, {"completion": {"values": ["one", "two"]}})
            case "ping" | "resources/subscribe" | "resources/unsubscribe" | "logging/setLevel" as method:
                said.append({"method": method, **parameters})
                answer(request, {})
            case method:
                said.append({"method": method, **parameters})


if __name__ == "__main__":
    main()
