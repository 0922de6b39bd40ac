"""Images' programs are no package: they import each other by their folder, as in their container."""

import sys
from pathlib import Path

IMAGES = Path(__file__).parents[3] / "localcloud" / "images"
for folder in ("sagemaker_xgboost", "sparkml_serving", "container_library"):
    if str(IMAGES / folder) not in sys.path:
        sys.path.append(str(IMAGES / folder))
