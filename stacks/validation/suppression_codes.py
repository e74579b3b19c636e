"""Check that suppressions name codes that findings have.

The checks define the codes in `codes.yaml` files, which are read here as data: this package does not import checks.
"""

from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path

from stacks.errors import DeclarationError
from stacks.model.suppression import Suppression
from stacks.model.yaml_text import parse_yaml

GROUP = "cortex.checks"
"""Entry points: each names a check of another distribution, in a module with its `codes.yaml` beside it."""

_CHECKS = Path(__file__).parents[2] / "checks"
_FILE = "codes.yaml"


def faults(suppressions: Iterable[Suppression]) -> Iterator[str]:
    """Yield `path: what is wrong: the way out` for each suppression whose code does not exist.

    Raises:
        DeclarationError: the code could be one of an installed check whose codes cannot be read.
    """
    for number, suppression in enumerate(suppressions):
        code = suppression.code
        if not (_exists(code, _own()) or _exists(code, added())):
            yield f"suppressions.{number}.code: no finding has the code {code!r}: {_way_out(code, [*_own(), *added()])}"


def _exists(code: str, known: Iterable[str]) -> bool:
    return any(one.startswith(code[:-1]) if code.endswith(".*") else one == code for one in known)


def _way_out(code: str, known: Sequence[str]) -> str:
    subjects = sorted({one.partition(".")[0] for one in known})
    possible = [f"{subject}.*" for subject in subjects] if code.endswith(".*") else known
    similar = get_close_matches(code, possible, n=1)
    return f"did you mean {similar[0]}?" if similar else f"begin it with one of {', '.join(subjects)}"


@cache
def _own() -> tuple[str, ...]:
    """Return the codes of this project's checks."""
    return tuple(code for file in sorted(_CHECKS.glob(f"*/{_FILE}")) for code in _codes(file))


@cache
def added() -> tuple[str, ...]:
    """Return the codes of the checks that other distributions add."""
    return tuple(code for entry in entry_points(group=GROUP) for code in _provided(entry))


def _provided(entry: EntryPoint) -> Iterator[str]:
    provider = entry.dist.name if entry.dist else entry.value
    try:
        spec = find_spec(entry.module)
        if spec is None or spec.origin is None:
            raise ImportError(f"there is no module {entry.module}")
        yield from _codes(Path(spec.origin).with_name(_FILE))
    except (ImportError, OSError, TypeError, ValueError) as error:
        cause = f"{error.filename}: {error.strerror}" if isinstance(error, OSError) else error
        raise DeclarationError(
            f"the codes of the check {entry.name!r} of {provider} cannot be read ({cause}): repair or uninstall it"
        ) from error


def _codes(file: Path) -> Iterator[str]:
    document = parse_yaml(file.read_text(encoding="utf-8"))
    if not isinstance(document, dict):
        raise TypeError(f"{file} is not a mapping of codes")
    yield from map(str, document)
