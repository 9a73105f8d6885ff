"""Packages at a git revision: what names one, what is read, and what is refused."""

from __future__ import annotations

import gc
import os
import random
import zlib
from pathlib import Path

import pytest

from dearly.language import Package, PackageError, package_version, read_package
from dearly.language.package import MAX_FILES
from dearly.language.revisions import Revision, read_revision, read_rules, resolve_commit, rules_source
from dearly.language.syntax.source import MAX_FILE_BYTES
from tests.repositories import Repository, git, new_repository

OLD, NEW = b"profile { country text? }", b"profile { country text? city text? }"


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """Two commits on main, each with a package in `rules` beside other things; the first is tagged `v1`."""
    repository = new_repository(tmp_path / "shop")
    repository.commit({"rules/a.rules": OLD, "rules/templates/a.html": "<p>", "README.md": "A shop."})
    repository.git("tag", "-a", "v1", "-m", "the first")
    repository.commit({"rules/a.rules": NEW})
    return repository


def at(repository: Repository, name: str, folder: str = "rules") -> Revision:
    return Revision(repository.path / folder, name)


def files(repository: Repository, name: str) -> bytes:
    return read_revision(at(repository, name)).files["a.rules"]


# ---------------------------------------------------------------------------------------------- what is named


@pytest.mark.parametrize(
    ("text", "directory", "name"),
    [
        ("rules@main", "rules", "main"),
        ("rules@HEAD~1", "rules", "HEAD~1"),
        ("rules@origin/feature@2", "rules", "origin/feature@2"),
        ("me@work/rules@main", "me@work/rules", "main"),
        ("rules@main@{1}", "rules", "main@{1}"),
        ("gone/since@v1", "gone/since", "v1"),
        ("gone@once/since@v1", "gone@once/since", "v1"),
        ("@main", ".", "main"),
    ],
)
def test_what_stands_after_the_at_names_a_revision(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, directory: str, name: str
) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "me@work/rules").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert rules_source(text) == Revision(Path(directory), name)


@pytest.mark.parametrize("text", ["rules", "me@work", "nowhere/rules", "rules@{1}"])
def test_a_directory_is_a_directory_whatever_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    (tmp_path / "me@work").mkdir()
    monkeypatch.chdir(tmp_path)
    assert rules_source(text) == Path(text)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("main", NEW),
        ("HEAD", NEW),
        ("@", NEW),
        ("heads/main", NEW),
        ("refs/heads/main", NEW),
        ("HEAD~1", OLD),
        ("main^", OLD),
        ("@~", OLD),
        ("main~0", NEW),
        ("main^0", NEW),
        ("v1", OLD),
        ("tags/v1", OLD),
        ("v1^{}", OLD),
        ("v1^{commit}", OLD),
    ],
)
def test_a_revision_is_named_as_git_names_it(repository: Repository, name: str, content: bytes) -> None:
    assert files(repository, name) == content
    assert resolve_commit(at(repository, name)) == repository.git("rev-parse", f"{name}^{{commit}}")


@pytest.mark.parametrize("length", [4, 7, 12, 39, 40])
def test_a_commit_is_named_by_the_beginning_of_its_id(repository: Repository, length: int) -> None:
    commit = repository.git("rev-parse", "HEAD~1")
    assert files(repository, commit[:length]) == OLD
    assert files(repository, commit[:length].upper()) == OLD
    assert read_revision(at(repository, commit[:length])).commit == commit


def test_the_second_parent_of_a_merge_is_another(repository: Repository) -> None:
    repository.git("checkout", "-q", "-b", "side", "v1")
    side = repository.commit({"rules/b.rules": ""})
    repository.git("checkout", "-q", "main")
    repository.git("merge", "-q", "--no-ff", "-m", "merge", "side")
    assert resolve_commit(at(repository, "main^2")) == side
    assert files(repository, "main^2") == OLD
    assert files(repository, "main^1~1") == OLD
    with pytest.raises(PackageError, match="has only 2 parents"):
        resolve_commit(at(repository, "main^3"))


def test_names_are_found_when_they_are_packed_and_objects_are_deltas(repository: Repository) -> None:
    text = "\n".join(f"# line {number}" for number in range(2_000))
    repository.commit({"rules/long.rules": text})
    repository.commit({"rules/long.rules": f"{text}\n# one more"})
    repository.git("gc", "-q", "--aggressive", "--prune=now")
    assert not list((repository.path / ".git/refs/tags").iterdir())
    assert "delta" in repository.git("verify-pack", "-sv", *repository.path.glob(".git/objects/pack/*.idx"))
    assert files(repository, "v1") == OLD
    assert read_revision(at(repository, "HEAD~1")).files["long.rules"] == text.encode()
    commit = repository.git("rev-parse", "v1^{}")
    assert files(repository, commit[:8]) == OLD


def test_a_detached_head_is_its_commit(repository: Repository) -> None:
    repository.git("checkout", "-q", "--detach", "v1")
    assert files(repository, "HEAD") == OLD


def test_a_linked_work_tree_has_a_head_of_its_own(repository: Repository, tmp_path: Path) -> None:
    repository.git("worktree", "add", "-q", "--detach", tmp_path / "other", "v1")
    other = Repository(tmp_path / "other")
    assert files(other, "HEAD") == OLD
    assert files(other, "main") == NEW


def test_a_bare_repository_is_read_as_if_its_trees_lay_in_it(repository: Repository, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--bare", repository.path, "shop.git")
    assert files(Repository(tmp_path / "shop.git"), "main~1") == OLD


def test_a_remotes_branch_is_named_with_the_remote(repository: Repository, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", repository.path, "clone")
    clone = Repository(tmp_path / "clone")
    assert files(clone, "origin/main") == NEW
    assert files(clone, "origin") == NEW


def test_a_package_may_be_a_whole_repository_or_gone_from_the_work_tree(tmp_path: Path) -> None:
    repository = new_repository(tmp_path / "shop")
    repository.commit({"a.rules": OLD, "deep/er/b.rules": NEW})
    repository.git("rm", "-rq", "deep")
    repository.commit({})
    assert set(read_revision(at(repository, "HEAD~1", "")).files) == {"a.rules", "deep/er/b.rules"}
    assert not (repository.path / "deep").exists()
    assert read_revision(at(repository, "HEAD~1", "deep/er")) == Package(
        {"b.rules": NEW}, repository.git("rev-parse", "HEAD~1")
    )


def test_a_package_has_one_version_wherever_it_is_read(repository: Repository) -> None:
    (repository.path / "rules/.hidden.rules").write_text("segment {")
    (repository.path / "rules/notes.md").write_text("Not a rule.")
    repository.commit({"rules/été/ü.rules": "profile { }", "rules/templates/é.txt": b"\xff\r\n"})
    by_directory, by_revision = read_package(repository.path / "rules"), read_revision(at(repository, "HEAD"))
    assert package_version(by_revision) == package_version(by_directory)
    assert by_revision.files == by_directory.files
    assert (by_directory.commit, by_revision.commit) == (None, repository.git("rev-parse", "HEAD"))


def test_what_lies_in_the_directory_now_does_not_matter(repository: Repository) -> None:
    (repository.path / "rules/a.rules").write_text("segment {")
    (repository.path / "rules/more.rules").write_text("segment {")
    assert set(read_rules(at(repository, "HEAD")).files) == {"a.rules", "templates/a.html"}
    assert files(repository, "HEAD") == NEW


# ------------------------------------------------------------------------------------------ what is refused


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("mian", "there is no branch, tag or commit `mian`. Did you mean `main`?"),
        ("nothing-like-it", "There are: main, v1."),
        ("dead", "there is no branch, tag or commit `dead`"),
        ("0" * 40, "there is no branch, tag or commit `000"),
        ("v1~1", "has no parent"),
        ("main~999999", "has no parent"),
        ("main^2", "has only one parent"),
        ("", "is not read as a revision"),
        ("~1", "is not read as a revision"),
        ("HEAD@{1}", "is not read as a revision"),
        ("main~9999999999", "is not read as a revision"),
        (":/change", "there is no branch, tag or commit `:/change`"),
        ("main..v1", "there is no branch, tag or commit `main..v1`"),
        ("../../etc/passwd", "there is no branch, tag or commit"),
        ("refs/../config", "there is no branch, tag or commit"),
        ("main\n", "there is no branch, tag or commit"),
        ("config", "there is no branch, tag or commit"),
    ],
)
def test_a_name_of_no_commit_is_told_with_those_that_there_are(
    repository: Repository, name: str, told: str
) -> None:
    with pytest.raises(PackageError) as caught:
        resolve_commit(at(repository, name))
    assert told in str(caught.value)
    assert str(caught.value).startswith(f"{repository.path}/rules@{name}: ")


@pytest.mark.parametrize("what", ["tree", "blob"])
def test_an_object_that_is_no_commit_is_told_as_what_it_is(repository: Repository, what: str) -> None:
    name = repository.git("rev-parse", "HEAD:rules" if what == "tree" else "HEAD:README.md")
    with pytest.raises(PackageError, match=f"that is a {what}; expected a commit"):
        resolve_commit(at(repository, name))


def test_a_repository_without_commits_says_so(tmp_path: Path) -> None:
    with pytest.raises(PackageError, match="The repository has no commits yet"):
        resolve_commit(at(new_repository(tmp_path / "new"), "HEAD"))


def test_a_directory_in_no_repository_says_so(tmp_path: Path) -> None:
    with pytest.raises(PackageError, match="lies in no git repository"):
        resolve_commit(Revision(tmp_path / "rules", "main"))


def test_several_commits_that_begin_alike_are_told(repository: Repository) -> None:
    ids: dict[str, str] = {}
    while True:  # among some hundred commits, two begin with the same four digits
        tree = repository.git("rev-parse", "HEAD^{tree}")
        commit = repository.git("commit-tree", tree, "-m", f"number {len(ids)}")
        if commit[:4] in ids:
            break
        ids[commit[:4]] = commit
    with pytest.raises(PackageError, match=f"several commits begin with {commit[:4]}: ") as caught:
        resolve_commit(at(repository, commit[:4]))
    assert commit[:12] in str(caught.value)


def test_a_shallow_clone_serves_what_it_has_and_says_what_it_has_not(
    repository: Repository, tmp_path: Path
) -> None:
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{repository.path}", "clone")
    clone = Repository(tmp_path / "clone")
    assert files(clone, "main") == NEW
    with pytest.raises(PackageError, match=r"a shallow clone\. `git fetch --unshallow` brings it"):
        resolve_commit(at(clone, "main~1"))


def test_an_object_that_is_not_there_says_that_the_repository_is_incomplete(repository: Repository) -> None:
    blob = repository.git("rev-parse", "HEAD:rules/a.rules")
    (repository.path / ".git/objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(PackageError, match=r"the repository cannot be read \(KeyError.*`git fsck`"):
        files(repository, "HEAD")


def test_a_damaged_object_says_that_the_repository_cannot_be_read(repository: Repository) -> None:
    blob = repository.git("rev-parse", "HEAD:rules/a.rules")
    path = repository.path / ".git/objects" / blob[:2] / blob[2:]
    path.chmod(0o600)
    path.write_bytes(b"\0" * 20)
    with pytest.raises(PackageError, match=r"the repository cannot be read"):
        files(repository, "HEAD")


# dulwich cannot close a pack while its own exception still looks into it; what is left then is collected,
# and here, not in some later test.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_whatever_file_of_a_repository_is_damaged_it_is_read_or_told(repository: Repository) -> None:
    repository.git("gc", "-q")
    repository.commit({"rules/b.rules": ""})
    paths = sorted(path for path in (repository.path / ".git").rglob("*") if path.is_file())
    paths = [path for path in paths if "hooks" not in path.parts]
    chance = random.Random(7)
    told = 0
    for _ in range(200):
        path = chance.choice(paths)
        kept = path.read_bytes()
        path.chmod(0o600)
        path.write_bytes(_damaged(kept, chance))
        for name in ("main~1", "v1"):
            try:
                read_revision(at(repository, name))
            except PackageError:
                told += 1
        path.write_bytes(kept)
    gc.collect()
    assert told > 50
    assert files(repository, "main") == NEW


def _damaged(data: bytes, chance: random.Random) -> bytes:
    """Cut short, overwritten, or with some other bytes in it."""
    damage = chance.randrange(3)
    if damage == 0:
        return data[: chance.randrange(len(data) + 1)]
    if damage == 1:
        return chance.randbytes(chance.randrange(60))
    changed = bytearray(data)
    for _ in range(min(10, len(data))):
        changed[chance.randrange(len(data))] = chance.randrange(256)
    return bytes(changed)


def test_a_directory_that_the_commit_has_not_is_told(repository: Repository) -> None:
    (repository.path / "elsewhere").mkdir()
    with pytest.raises(PackageError, match=r"in commit [0-9a-f]{12}, elsewhere is no folder"):
        read_revision(at(repository, "HEAD", "elsewhere"))
    with pytest.raises(PackageError, match=r"README\.md is no folder"):
        read_revision(at(repository, "HEAD", "README.md"))


@pytest.mark.parametrize(
    "path", ["rules/more.rules", "rules/notes.md", "rules/folder", "rules/templates/x.html"]
)
def test_a_link_is_refused_and_never_followed(repository: Repository, path: str) -> None:
    (repository.path / path).symlink_to("/etc/passwd" if "." in path else "..")
    repository.commit({})
    with pytest.raises(PackageError, match=f"{path.removeprefix('rules/')} is a link") as caught:
        read_revision(at(repository, "HEAD"))
    assert "root:" not in str(caught.value)


def test_a_package_that_is_a_link_is_refused(repository: Repository) -> None:
    (repository.path / "linked").symlink_to("rules")
    repository.commit({})
    (repository.path / "linked").unlink()
    with pytest.raises(PackageError, match="linked is a link"):
        read_revision(at(repository, "HEAD", "linked"))


def test_a_submodule_is_refused(repository: Repository) -> None:
    head = repository.git("rev-parse", "HEAD")
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{head},rules/shared")
    repository.git("commit", "-q", "-m", "a submodule")
    with pytest.raises(PackageError, match="shared is a submodule"):
        read_revision(at(repository, "HEAD"))


def test_hidden_files_are_skipped_whatever_they_are(repository: Repository) -> None:
    (repository.path / "rules/.link.rules").symlink_to("/etc/passwd")
    repository.commit({"rules/.hidden/b.rules": "segment {"})
    assert set(read_revision(at(repository, "HEAD")).files) == {"a.rules", "templates/a.html"}


# ------------------------------------------------------------------------------------------------ too much


@pytest.mark.parametrize("packed", [False, True])
def test_a_file_that_would_inflate_beyond_the_limit_is_refused_by_its_header(
    repository: Repository, packed: bool
) -> None:
    repository.commit({"rules/big.rules": bytes(64 * MAX_FILE_BYTES)})
    if packed:
        repository.git("gc", "-q")
    with pytest.raises(PackageError, match=r"big\.rules has more than 1,048,576 bytes"):
        read_revision(at(repository, "HEAD"))


@pytest.mark.slow
def test_a_small_file_that_is_made_of_a_huge_one_is_refused(repository: Repository) -> None:
    noise = os.urandom(17 << 20)
    repository.commit({"rules/b.rules": noise})
    repository.commit({"rules/b.rules": noise[: MAX_FILE_BYTES - 1]})
    repository.git("repack", "-adfq")
    packs = list(repository.path.glob(".git/objects/pack/*.idx"))
    blob = repository.git("rev-parse", "HEAD:rules/b.rules")
    listed = repository.git("verify-pack", "-v", *packs).splitlines()
    assert any(line.startswith(blob) and len(line.split()) == 7 for line in listed)  # it is a delta
    with pytest.raises(PackageError, match=r"b\.rules has more than"):
        read_revision(at(repository, "HEAD"))


def test_too_many_files_are_refused_as_in_a_directory(repository: Repository) -> None:
    repository.commit({f"rules/{number}.rules": "" for number in range(MAX_FILES + 1)})
    with pytest.raises(PackageError, match=r"There are more than 2,000 files") as by_revision:
        read_revision(at(repository, "HEAD"))
    with pytest.raises(PackageError, match=r"There are more than 2,000 files"):
        read_package(repository.path / "rules")
    assert "A package holds rules and templates, not data" in str(by_revision.value)


def test_too_many_bytes_together_are_refused(repository: Repository) -> None:
    repository.commit({f"rules/{number}.rules": bytes(MAX_FILE_BYTES) for number in range(17)})
    with pytest.raises(PackageError, match=r"more than 16,777,216 bytes together"):
        read_revision(at(repository, "HEAD"))


def test_a_tree_that_holds_itself_many_times_over_is_refused_within_bounds(repository: Repository) -> None:
    blob = repository.git("rev-parse", "HEAD:README.md")
    tree = _tree(repository, [("100644", "blob", blob, "x")])
    for _ in range(10):  # 10^10 files
        tree = _tree(repository, [("040000", "tree", tree, f"d{number}") for number in range(10)])
    commit = repository.git("commit-tree", tree, "-m", "a bomb")
    with pytest.raises(PackageError, match=r"more than 100,000 files and folders"):
        read_revision(at(repository, commit, ""))


def _tree(repository: Repository, entries: list[tuple[str, str, str, str]]) -> str:
    lines = "".join(f"{mode} {kind} {name}\t{path}\n" for mode, kind, name, path in entries)
    listing = repository.path / "listing"
    listing.write_text(lines)
    with listing.open("rb") as file:
        return git(repository.path, "mktree", stdin=file)


def test_a_loose_object_that_lies_about_its_size_is_refused(repository: Repository) -> None:
    blob = repository.git("rev-parse", "HEAD:rules/a.rules")
    path = repository.path / ".git/objects" / blob[:2] / blob[2:]
    path.chmod(0o600)
    path.write_bytes(zlib.compress(b"blob 5\0" + bytes(8 * MAX_FILE_BYTES)))
    with pytest.raises(PackageError):
        files(repository, "HEAD")
