"""How long a cached `cortex credential` takes, beside the start of Python. kubectl runs it before each call."""

import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.ratio import interleaved
from checks.kubeconfigs import places, token_cache, tokens
from checks.kubeconfigs.credential import START

_RUNS = 40
_GOAL = 1.5
_STACK, _ACCOUNT = "bench", "default/bench"


def main() -> None:
    """Print the measurement with its goal, which allows one call of the API server besides."""
    with TemporaryDirectory() as folder:
        os.environ["XDG_STATE_HOME"] = folder
        stored = Path(places.stored_file(_STACK))
        stored.parent.mkdir(parents=True)
        stored.write_text("a token is requested with it\n")
        content = token_cache.content(token_cache.version(_STACK), int(time.time()) + 3600, '{"kind": "Bench"}\n')
        tokens.keep(_STACK, _ACCOUNT, "", content)
        cached = [sys.executable, "-I", "-c", START, "credential", _STACK, f"--account={_ACCOUNT}"]
        mine, python = interleaved(lambda: _run(cached), lambda: _run([sys.executable, "-c", "pass"]), _RUNS)
    print(
        f"cortex credential, cached, {mine * 1000:.1f} ms / python -c pass {python * 1000:.1f} ms = "
        f"{mine / python:.2f} (goal {_GOAL} and one API call)"
    )


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True)


if __name__ == "__main__":
    main()
