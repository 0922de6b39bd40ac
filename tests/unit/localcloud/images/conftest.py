"""Images' programs are no package: they import each other by their folder, as in their container."""

import sys

from tests.clouds import PROJECT

IMAGES = PROJECT / "localcloud" / "images"
# Before what is installed: PyPI too has a package `schema`, which policy-sentry brings along.
for folder in (
    "container_library",
    "sparkml_serving",
    "sagemaker_xgboost",
    "sagemaker_factorization_machines",
    "sagemaker_ntm",
):
    if str(IMAGES / folder) not in sys.path:
        sys.path.insert(0, str(IMAGES / folder))
