"""Fitted Spark pipelines as MLeap bundles, written with the package ``mleap``, without a jar.

``stages`` turns each fitted stage into a node (a table: one writer per stage class), ``bundle`` writes the nodes as the
files of a bundle, ``archive`` packs them as the ``model.tar.gz`` that the SparkML serving container reads. The
attributes are those that MLeap 0.20.0 reads, the version in that container.
"""

from ml_init.mleap_bundle.archive import pack
from ml_init.mleap_bundle.bundle import write_bundle
from ml_init.mleap_bundle.stages import UnsupportedStageError

__all__ = ["UnsupportedStageError", "pack", "write_bundle"]
