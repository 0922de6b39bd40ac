"""Ratings of the movie recommender's contract, made up: the real ones may not be shipped.

Users like movies by hidden factors, so that a model of their interactions can learn them, and popularity cannot.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import numpy as np

from tests.own_data import data_folder

USERS, MOVIES, RATED = 600, 100, 80
_FACTORS = 3


def ratings(seed: int = 0) -> bytes:
    """A file like ``u.data``: user, movie, stars, time; the users' rows in a mixed order."""
    rng = np.random.default_rng(seed)
    taste, content = rng.normal(size=(USERS, _FACTORS)), rng.normal(size=(MOVIES, _FACTORS))
    liking = taste @ content.T * 1.2 + rng.normal(size=MOVIES) * 0.7 + 0.3
    liked = rng.random((USERS, MOVIES)) < 1 / (1 + np.exp(-liking))
    stars = np.where(liked, rng.integers(4, 6, liked.shape), rng.integers(1, 4, liked.shape))
    pairs = [(user, movie) for user in range(USERS) for movie in rng.choice(MOVIES, RATED, replace=False)]
    lines = [
        f"{user + 1}\t{movie + 1}\t{stars[user, movie]}\t{880_000_000 + place}"
        for place, (user, movie) in enumerate(pairs[place] for place in rng.permutation(len(pairs)))
    ]
    return "".join(f"{line}\n" for line in lines).encode()


def put_into(project: Path, content: bytes) -> None:
    """Stores ratings and titles where ``make push`` looks for them, and has the project's contract ask for these."""
    titles = "".join(f"{number}|Movie {number} (1995)|01-Jan-1995\n" for number in range(1, MOVIES + 1)).encode()
    folder = data_folder(project)
    contract = project / "ml_init" / "movie_recommender" / "dataset.toml"
    text = contract.read_text()
    for name, body in (("u.data", content), ("u.item", titles)):
        (folder / name).write_bytes(body)
        before, after = text.split(f'name = "{name}"')
        digest = hashlib.sha256(body).hexdigest()
        text = f'{before}name = "{name}"' + re.sub(r'(?m)^sha256 = ".*"$', f'sha256 = "{digest}"', after, count=1)
    contract.write_text(text)
