"""The system extensions of a node: the names in the file in which Talos lists them.

The file is of the machine API, so that it can be read without the resource API of Talos, which the bindings lack.
"""

import msgspec

from checks.kube.reading import Read, ReadFailure, Reading

FILE = "/etc/extensions.yaml"
_ABSENT = f"{FILE}: no such file or directory"
"""What Talos says if the image of a node has no extensions."""


class _Metadata(msgspec.Struct, frozen=True):
    name: str


class _Layer(msgspec.Struct, frozen=True):
    metadata: _Metadata


class _Listed(msgspec.Struct, frozen=True):
    layers: list[_Layer]


def names(content: bytes) -> tuple[str, ...]:
    """Return the names.

    Raises:
        ValueError: it is not such a file.
    """
    try:
        listed = msgspec.yaml.decode(content, type=_Listed)
    except msgspec.MsgspecError as error:
        raise ValueError(f"{FILE}: {error}") from error
    return tuple(layer.metadata.name for layer in listed.layers)


def none_without_file(reading: Reading[tuple[str, ...]]) -> Reading[tuple[str, ...]]:
    """Return what was read; a node without the file has no extensions."""
    if isinstance(reading, ReadFailure) and _ABSENT in reading.message:
        return Read((), reading.seconds)
    return reading
