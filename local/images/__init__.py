"""Container images without a registry and without Docker.

An air-gapped machine can pull nothing, so the embedded cluster's images are written here, straight as OCI
layouts: `build` returns one archive an image, for `ctr -n k8s.io images import`.
"""

from local.images.build import build
from local.images.errors import ImageError
from local.images.oci_layout import Image

__all__ = ["Image", "ImageError", "build"]
