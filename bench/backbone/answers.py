"""What a model of dog_breeds answers to pictures, as its endpoint would.

    python answers.py folder-of-the-model < pictures.json

Reads a JSON list of pictures in base64, writes a JSON list of probabilities a line.
"""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path

sys.path.insert(0, sys.argv[1])

from backbones import opened
from classifier import Classifier

model = Classifier.load(Path(sys.argv[1]))
model.backbone.use_threads()
for picture in json.load(sys.stdin):
    image = model.backbone.bytes_of(opened(base64.b64decode(picture)))
    sys.stdout.write(json.dumps(model.probabilities(image[None])[0].tolist()) + "\n")
