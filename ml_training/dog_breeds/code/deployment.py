"""What AWS's image of Ray Serve runs: one picture in, the probability of each label out, in the order of the labels.

The request is the picture itself (``image/png``, ``image/jpeg``), or ``{"image": "<base64>"}`` as JSON.
"""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

# The archive's own modules, wherever Ray starts the replica.
sys.path.insert(0, str(Path(__file__).parent))

from backbones import PictureError, opened
from classifier import Classifier
from ray import serve
from starlette.responses import JSONResponse, Response

if TYPE_CHECKING:
    from starlette.requests import Request

#: SageMaker itself takes no more.
MOST_BYTES = 6 * 1024 * 1024
IMAGES = ("image/png", "image/jpeg")


class RefusedError(Exception):
    """A request that is at fault. ``status``: HTTP's."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(said)
        self.status = status


@serve.deployment
class Breeds:
    def __init__(self) -> None:
        self.model = Classifier.load(Path(__file__).parent)
        self.model.backbone.use_threads()

    async def __call__(self, request: Request) -> Response:
        try:
            content = picture(request.headers.get("content-type", ""), await request.body())
            image = self.model.backbone.bytes_of(opened(content))
        except PictureError as error:
            return JSONResponse({"error": f"The picture cannot be used: {error}."}, status_code=400)
        except RefusedError as error:
            return JSONResponse({"error": str(error)}, status_code=error.status)
        return JSONResponse(self.model.probabilities(image[None])[0].tolist())


def picture(content_type: str, body: bytes) -> bytes:
    """The image file in a request. RefusedError for a request that has none."""
    if len(body) > MOST_BYTES:
        raise RefusedError(413, f"The request has {len(body)} bytes, expected at most {MOST_BYTES}.")
    kind = content_type.partition(";")[0].strip().lower()
    if kind in IMAGES:
        return body
    if kind != "application/json":
        raise RefusedError(
            415, f"Content-Type is {kind or 'missing'}, expected {', '.join(IMAGES)} or application/json."
        )
    try:
        return base64.b64decode(json.loads(body)["image"], validate=True)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise RefusedError(400, 'The request is not {"image": "<base64>"}.') from error


app = Breeds.bind()  # type: ignore[attr-defined]  # the decorator has made a deployment of it
