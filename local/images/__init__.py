"""Container images, built without a registry and without Docker.

An air-gapped machine cannot pull images, so those of the embedded cluster are written directly as OCI layouts. `build`
returns one archive for each image, for `ctr -n k8s.io images import`.
"""

from local.images.build import build
from local.images.errors import ImageError
from local.images.oci_layout import Image

__all__ = ["Image", "ImageError", "build"]
