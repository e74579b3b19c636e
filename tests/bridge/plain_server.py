"""A stdio MCP server without the SDK: it starts at once, and fails in every way that the bridge has to survive."""

import json
import os
import sys
import threading
import time

TOOLS = ("pid", "crash", "sleep", "hang")


def answer(request: dict[str, object], result: object) -> None:
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": result}) + "\n")
    sys.stdout.flush()


def sleep(request: dict[str, object], seconds: float) -> None:
    time.sleep(seconds)
    answer(request, text("awake"))


def text(said: object) -> object:
    return {"content": [{"type": "text", "text": str(said)}]}


def call(request: dict[str, object], name: str, arguments: dict[str, float]) -> None:
    if name == "pid":
        answer(request, text(os.getpid()))
    elif name == "crash":
        os._exit(3)
    elif name == "sleep":
        threading.Thread(target=sleep, args=(request, arguments["seconds"]), daemon=True).start()
    elif name == "hang":
        threading.Event().wait()


def main() -> None:
    for line in sys.stdin:
        request = json.loads(line)
        parameters = request.get("params", {})
        match request["method"]:
            case "initialize":
                offer = {"protocolVersion": parameters["protocolVersion"], "capabilities": {"tools": {}}}
                answer(request, {**offer, "serverInfo": {"name": "plain", "version": "1.0.0"}})
            case "tools/list":
                answer(request, {"tools": [{"name": name, "inputSchema": {"type": "object"}} for name in TOOLS]})
            case "tools/call":
                call(request, parameters["name"], parameters.get("arguments") or {})
            case "ping":
                answer(request, {})


if __name__ == "__main__":
    main()
