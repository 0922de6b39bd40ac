"""GitHub's ``push`` event: the payload that a webhook gets when a branch or tag moved, and its signature."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from localcloud.services.github.repositories import NO_COMMIT

if TYPE_CHECKING:
    from localcloud.services.github.repositories import Commit, Person, Repository


@dataclass(frozen=True, kw_only=True, slots=True)
class Move:
    """A branch or tag that was made, moved or deleted."""

    ref: str
    before: str = NO_COMMIT
    after: str = NO_COMMIT
    known: tuple[str, ...] = ()
    """What the repository's branches and tags named before."""


def moved_refs(before: dict[str, str], after: dict[str, str]) -> list[Move]:
    """Every branch and tag that was made, moved or deleted."""
    known = tuple(sorted(set(before.values())))
    moves = [
        Move(ref=ref, before=before.get(ref, NO_COMMIT), after=after.get(ref, NO_COMMIT), known=known)
        for ref in sorted(before.keys() | after.keys())
    ]
    return [move for move in moves if move.before != move.after]


def payload(repository: Repository, base_url: str, move: Move) -> dict[str, Any]:
    """The event's body. ``base_url``: the address of the repositories."""
    before, after = move.before, move.after
    deleted = after == NO_COMMIT
    commits = [] if deleted else repository.commits(before, after, move.known)
    newest = [] if deleted else [repository.commit(after)]
    files = repository.changed_files({commit.sha: None for commit in [*commits, *newest]})
    web = f"{base_url}/{repository.full_name}"
    described = [_described(web, commit, files) for commit in commits]
    head = _described(web, newest[0], files) if newest else None
    pusher = {"name": head["committer"]["name"], "email": head["committer"]["email"]} if head else {"name": "none"}
    return {
        "ref": move.ref,
        "before": before,
        "after": after,
        "repository": describe_repository(repository, base_url),
        "pusher": pusher,
        "sender": {"login": repository.full_name.split("/")[0], "type": "User"},
        "created": before == NO_COMMIT,
        "deleted": deleted,
        "forced": NO_COMMIT not in {before, after} and not repository.is_ancestor(before, after),
        "base_ref": None,
        "compare": f"{web}/compare/{before[:12]}...{after[:12]}",
        "commits": described,
        "head_commit": head,
    }


def describe_repository(repository: Repository, base_url: str) -> dict[str, Any]:
    owner, name = repository.full_name.split("/")
    web = f"{base_url}/{repository.full_name}"
    return {
        "name": name,
        "full_name": repository.full_name,
        "private": True,
        "owner": {"name": owner, "login": owner},
        "html_url": web,
        "clone_url": f"{web}.git",
        "default_branch": "main",
    }


def signatures(secret: str, body: bytes) -> dict[str, str]:
    """GitHub's two signature headers."""
    return {
        "X-Hub-Signature": "sha1=" + hmac.new(secret.encode(), body, hashlib.sha1).hexdigest(),
        "X-Hub-Signature-256": "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest(),
    }


def _described(web: str, commit: Commit, files: dict[str, dict[str, list[str]]]) -> dict[str, Any]:
    return {
        "id": commit.sha,
        "tree_id": commit.tree,
        "distinct": True,
        "message": commit.message,
        "timestamp": commit.committer.date,
        "url": f"{web}/commit/{commit.sha}",
        "author": _person(commit.author),
        "committer": _person(commit.committer),
        **files.get(commit.sha, {"added": [], "removed": [], "modified": []}),
    }


def _person(person: Person) -> dict[str, str]:
    return {"name": person.name, "email": person.email, "username": person.name}
