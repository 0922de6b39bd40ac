"""GitHub's ``push`` event: the payload that a webhook gets when a branch moved, and its signature."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, Any

from localcloud.services.github.repositories import NO_COMMIT

if TYPE_CHECKING:
    from localcloud.services.github.repositories import Commit, Person, Repository


def moved_branches(before: dict[str, str], after: dict[str, str]) -> list[tuple[str, str, str]]:
    """(ref, old commit, new commit) of every branch that was made, moved or deleted."""
    refs = sorted(before.keys() | after.keys())
    moved = [(ref, before.get(ref, NO_COMMIT), after.get(ref, NO_COMMIT)) for ref in refs]
    return [(ref, old, new) for ref, old, new in moved if old != new]


def payload(repository: Repository, base_url: str, ref: str, before: str, after: str) -> dict[str, Any]:
    """The event's body. ``base_url``: the address of the repositories."""
    deleted = after == NO_COMMIT
    commits = [] if deleted else repository.commits(before, after)
    web = f"{base_url}/{repository.full_name}"
    described = [_described(repository, web, commit) for commit in commits]
    head = None if deleted else _described(repository, web, repository.commit(after))
    pusher = {"name": head["committer"]["name"], "email": head["committer"]["email"]} if head else {"name": "none"}
    return {
        "ref": ref,
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


def _described(repository: Repository, web: str, commit: Commit) -> dict[str, Any]:
    return {
        "id": commit.sha,
        "tree_id": commit.tree,
        "distinct": True,
        "message": commit.message,
        "timestamp": commit.committer.date,
        "url": f"{web}/commit/{commit.sha}",
        "author": _person(commit.author),
        "committer": _person(commit.committer),
        **repository.changed_files(commit.sha),
    }


def _person(person: Person) -> dict[str, str]:
    return {"name": person.name, "email": person.email, "username": person.name}
