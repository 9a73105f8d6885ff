"""Real git repositories, made by git, that hear of nobody's settings."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

ENVIRONMENT = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.com",
    "GIT_AUTHOR_DATE": "2026-03-01T10:00:00Z",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.com",
    "GIT_COMMITTER_DATE": "2026-03-01T10:00:00Z",
}


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository with a work tree."""

    path: Path

    def git(self, *arguments: object) -> str:
        """What a git command in it prints."""
        return git(self.path, *arguments)

    def commit(self, files: Mapping[str, str | bytes | None], message: str = "change") -> str:
        """Write files (None: delete) and commit all that is there; the commit's id."""
        for name, content in files.items():
            path = self.path / name
            if content is None:
                path.unlink()
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")


def new_repository(path: Path) -> Repository:
    """An empty repository on the branch ``main``."""
    path.mkdir(parents=True, exist_ok=True)
    git(path, "init", "-q", "-b", "main")
    return Repository(path)


def git(folder: Path, *arguments: object, stdin: BinaryIO | None = None) -> str:
    """What a git command in a folder prints."""
    done = subprocess.run(
        ["git", "-C", str(folder), *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        stdin=stdin,
        env=os.environ | ENVIRONMENT,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
