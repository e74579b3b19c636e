"""Images as OCI layouts."""

from pathlib import Path

from local.images.layer import Entry, write
from local.images.layer_cache import LayerCache
from local.images.oci_layout import Recipe, assemble
from tests.local.images.fakes import STATIC


def test_two_images_of_one_layer_are_two(tmp_path: Path) -> None:
    cache = LayerCache(tmp_path)
    layer = cache.layer("one", "same", lambda part: write([Entry("a", STATIC)], part))
    one, two = (assemble(Recipe(name, [layer], ["/a"]), cache) for name in ("one", "two"))
    assert one.reference.rpartition(":")[2] != two.reference.rpartition(":")[2]
