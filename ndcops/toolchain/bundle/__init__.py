"""One file that carries engines and wheels to a machine without a network; `ndcops toolchain` calls it."""

from ndcops.toolchain.bundle.manifest import PackedBundle, UnpackedBundle
from ndcops.toolchain.bundle.pack import export_bundle
from ndcops.toolchain.bundle.unpack import import_bundle
from ndcops.toolchain.bundle.wheels import download_wheels

__all__ = ["PackedBundle", "UnpackedBundle", "download_wheels", "export_bundle", "import_bundle"]
