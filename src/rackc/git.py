"""Files of a git repository on this machine, at one revision. Only objects are read: no hook, no checkout, no network.

A repository is someone else's: its hooks are pointed nowhere, the settings of the machine and the user are left out, and
every transport is forbidden, so that a partial clone cannot call its remote for what it lacks.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Final

from rackc.dsl.text import printable
from rackc.project import REVISION

_COMMIT: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SECONDS: Final = 120
_PLAIN_MODES: Final = ("100644", "100755")
_ODD_MODES: Final = {"120000": "it is a link", "160000": "it is another repository"}


class GitError(Exception):
    """What git could not do; the message says why."""


def commit_of(repository: Path, revision: str) -> str:
    """Return the commit that a tag, branch or commit names; raises GitError."""
    if not REVISION.fullmatch(revision):
        raise GitError(f"`{revision}` is no tag, branch or commit")
    answer = _git(repository, "cat-file", "--batch-check=%(objectname)", stdin=f"{revision}^{{commit}}\n".encode())
    found = answer.decode("utf-8", "replace").strip()
    if not _COMMIT.fullmatch(found):
        raise GitError(f"the repository has no revision `{revision}`")
    return found


def files_of(
    repository: Path, commit: str, wanted: Callable[[str], bool], budget: Callable[[str, int], str]
) -> tuple[dict[str, bytes], dict[str, str]]:
    """Return the wanted files of a commit by path, and why some are left out; raises GitError.

    `budget` gets the path and size of each file before it is read, and returns why not to, or nothing.
    """
    if not _COMMIT.fullmatch(commit):
        raise GitError(f"`{commit}` is no commit")
    objects: dict[str, str] = {}
    odd: dict[str, str] = {}
    for row in _git(repository, "ls-tree", "-r", "-l", "-z", "--full-tree", commit).split(b"\0"):
        if not row:
            continue
        head, _, name = row.partition(b"\t")
        mode, _, digest, size = head.decode().split()
        path = os.fsdecode(name)
        if not wanted(path):
            continue
        if mode in _PLAIN_MODES and not size.isdigit():
            raise GitError(f"the repository lacks the content of `{printable(path)}`")
        reason = _ODD_MODES.get(mode, "") if mode not in _PLAIN_MODES else budget(path, int(size))
        if reason:
            odd[path] = reason
        else:
            objects[path] = digest
    return _contents(repository, objects), odd


def _contents(repository: Path, objects: dict[str, str]) -> dict[str, bytes]:
    wanted = "".join(f"{digest}\n" for digest in objects.values())
    answer = _git(repository, "cat-file", "--batch", stdin=wanted.encode()) if objects else b""
    files: dict[str, bytes] = {}
    at = 0
    for path, digest in objects.items():
        end = answer.find(b"\n", at)
        head = answer[at:end].decode("utf-8", "replace").split() if end >= 0 else []
        if len(head) != 3 or head[:2] != [digest, "blob"]:
            raise GitError(f"the repository lacks the content of `{printable(path)}`")
        size = int(head[2])
        files[path] = answer[end + 1 : end + 1 + size]
        at = end + 1 + size + 1
    return files


def _git(repository: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    inner = repository / ".git"
    command = ["git", f"--git-dir={inner if inner.exists() else repository}", "--no-pager",
               "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", *arguments]  # fmt: skip
    try:
        done = subprocess.run(command, input=stdin, capture_output=True, check=False, env=_environment(), cwd="/",
                              timeout=_SECONDS)  # fmt: skip
    except FileNotFoundError:
        raise GitError("git is not installed") from None
    except subprocess.TimeoutExpired:
        raise GitError(f"git took more than {_SECONDS} s") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise GitError(f"git says: {said[0]}" if said else f"git ended with {done.returncode}")
    return done.stdout


def _environment() -> dict[str, str]:
    """Return all that git may know of its surroundings."""
    return {
        "PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "HOME": "/", "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull, "GIT_ALLOW_PROTOCOL": "none", "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0",
    }  # fmt: skip
