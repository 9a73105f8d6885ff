"""``dearly fmt``: what it touches, what it says, and its exit codes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import RULES, Dearly

UGLY = "segment  a{x}  # kept\n"
TIDY = "segment a { x }  # kept\n"
BROKEN = "segment a { x > }\n"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    for name, text in {"ugly.rules": UGLY, "deep/tidy.rules": TIDY, "notes.txt": UGLY}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_a_package_is_laid_out_and_the_files_are_counted(dearly: Dearly, package: Path) -> None:
    ended = dearly("fmt", package)

    assert ended.code == 0
    assert ended.out == f"changed {package / 'ugly.rules'}\n1 file changed, 1 file left as it was.\n"
    assert (package / "ugly.rules").read_text() == TIDY
    assert dearly("fmt", package).out == "2 files left as they were.\n"


def test_a_check_lists_what_would_change_and_changes_nothing(dearly: Dearly, package: Path) -> None:
    ended = dearly("fmt", "--check", package)

    assert ended.code == 1
    assert ended.out == (
        f"would change {package / 'ugly.rules'}\n1 file would be changed, 1 file left as it was.\n"
    )
    assert (package / "ugly.rules").read_text() == UGLY
    assert dearly("fmt", "--check", package / "deep").code == 0


@pytest.mark.parametrize(("flags", "code"), [(["--diff"], 0), (["--diff", "--check"], 1)])
def test_a_difference_is_shown_line_by_line(
    dearly: Dearly, package: Path, flags: list[str], code: int
) -> None:
    ended = dearly("fmt", *flags, package)

    assert ended.code == code
    assert f"-{UGLY}+{TIDY}" in ended.out
    assert (package / "ugly.rules").read_text() == UGLY


def test_files_are_laid_out_one_by_one(dearly: Dearly, package: Path) -> None:
    ended = dearly("fmt", package / "ugly.rules", package / "deep" / "tidy.rules")

    assert ended.code == 0
    assert ended.out.endswith("1 file changed, 1 file left as it was.\n")


def test_a_file_with_errors_is_told_of_and_left_and_the_others_are_laid_out(
    dearly: Dearly, package: Path
) -> None:
    (package / "broken.rules").write_text(BROKEN)
    ended = dearly("fmt", package)

    assert ended.code == 1
    assert f"--> {package / 'broken.rules'}:1:17" in ended.out
    assert ended.out.endswith("1 file changed, 1 file left as it was, 1 file could not be read.\n")
    assert (package / "broken.rules").read_text() == BROKEN
    assert (package / "ugly.rules").read_text() == TIDY


def test_other_line_ends_and_a_byte_order_mark_are_put_right(dearly: Dearly, tmp_path: Path) -> None:
    file = tmp_path / "windows.rules"
    file.write_bytes(b"\xef\xbb\xbf" + TIDY.replace("\n", "\r\n").encode())

    assert "its line ends" in dearly("fmt", "--diff", file).out
    assert dearly("fmt", file).code == 0
    assert file.read_bytes() == TIDY.encode()


def test_a_file_keeps_its_mode(dearly: Dearly, package: Path) -> None:
    file = package / "ugly.rules"
    file.chmod(0o640)
    dearly("fmt", package)

    assert file.read_text() == TIDY
    assert file.stat().st_mode & 0o777 == 0o640
    assert sorted(path.name for path in package.iterdir()) == ["deep", "notes.txt", "ugly.rules"]


def test_a_file_that_cannot_be_replaced_stays_whole(
    dearly: Dearly, package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "here")

    monkeypatch.setattr("os.fsync", full)
    ended = dearly("fmt", package)

    assert ended.code == 2
    assert "No space left on device" in ended.err
    assert (package / "ugly.rules").read_text() == UGLY
    assert sorted(path.name for path in package.iterdir()) == ["deep", "notes.txt", "ugly.rules"]


def test_only_rules_files_are_touched(dearly: Dearly, package: Path) -> None:
    ended = dearly("fmt", package / "notes.txt")

    assert ended.code == 2
    assert "a file whose name ends in .rules" in ended.err
    assert (package / "notes.txt").read_text() == UGLY


def test_links_are_not_followed_out_of_a_package(dearly: Dearly, package: Path, tmp_path: Path) -> None:
    outside = tmp_path.parent / "outside.rules"
    outside.write_text(UGLY)
    (package / "link.rules").symlink_to(outside)

    for named in (package, package / "link.rules"):
        ended = dearly("fmt", named)
        assert ended.code == 2
        assert "link" in ended.err
    assert outside.read_text() == UGLY


def test_a_link_within_a_package_stays_a_link(dearly: Dearly, package: Path) -> None:
    (package / "link.rules").symlink_to("ugly.rules")
    dearly("fmt", package)

    assert (package / "link.rules").is_symlink()
    assert (package / "ugly.rules").read_text() == TIDY


@pytest.mark.parametrize("name", ["nowhere", "nowhere.rules"])
def test_what_is_not_there_is_a_wrong_call(dearly: Dearly, tmp_path: Path, name: str) -> None:
    ended = dearly("fmt", tmp_path / name)

    assert ended.code == 2
    assert f"There is no {tmp_path / name}." in ended.err


def test_the_package_of_the_settings_is_meant_where_none_is_named(
    dearly: Dearly, package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(package)
    assert "There is no rules." in dearly("fmt", "--check").err
    (package / "dearly.toml").write_text('rules = "deep"\n')
    assert dearly("fmt", "--check").out == "1 file left as it was.\n"
    monkeypatch.setenv("DEARLY_RULES", str(package))
    assert dearly("fmt", "--check").code == 1


def test_the_example_package_is_laid_out(dearly: Dearly, tmp_path: Path) -> None:
    shutil.copytree(RULES, tmp_path / "rules")
    ended = dearly("fmt", "--check", tmp_path / "rules")

    assert ended.code == 0, ended.out
