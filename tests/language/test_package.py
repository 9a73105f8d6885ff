"""Packages: reading them from a directory, their limits, their version, and what the whole of one means."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dearly.language import Package, PackageError, check_package, package_version, read_package
from dearly.language.package import MAX_FILES, MAX_PACKAGE_BYTES
from dearly.language.syntax.source import MAX_FILE_BYTES

RULES = b"segment everybody { true }\n"


def _write(root: Path, files: dict[str, bytes]) -> Path:
    for path, data in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    return root


def test_a_package_is_its_rules_files_and_its_templates(tmp_path: Path) -> None:
    files = {
        "a.rules": RULES,
        "deep/er/b.rules": b"",
        "templates/x/y.html": b"<p>",
        "templates/x/y.txt": b"-",
    }
    _write(tmp_path, {**files, "README.md": b"no", "deep/notes.txt": b"no", "deep/x.html": b"no"})

    assert read_package(tmp_path) == Package(files)


def test_hidden_files_and_folders_are_skipped(tmp_path: Path) -> None:
    hidden = {".a.rules": b"?", ".git/b.rules": b"?", "templates/.x.html": b"?", "templates/.y/x.html": b"?"}
    _write(tmp_path, {"a.rules": RULES, **hidden})

    assert read_package(tmp_path) == Package({"a.rules": RULES})


def test_a_directory_that_is_not_there_or_is_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PackageError, match=r"There is no rules package .*absent"):
        read_package(tmp_path / "absent")
    with pytest.raises(PackageError, match="is not one"):
        read_package(_write(tmp_path, {"a.rules": RULES}) / "a.rules")


def test_a_link_inside_the_package_is_followed_as_config_maps_need(tmp_path: Path) -> None:
    _write(tmp_path, {"..data/a.rules": RULES})
    (tmp_path / "a.rules").symlink_to("..data/a.rules")

    assert read_package(tmp_path) == Package({"a.rules": RULES})


def test_the_package_itself_may_be_a_link(tmp_path: Path) -> None:
    _write(tmp_path, {"release/a.rules": RULES})
    (tmp_path / "current").symlink_to("release")

    assert read_package(tmp_path / "current") == Package({"a.rules": RULES})


@pytest.mark.parametrize("target", ["secret", "/etc/hostname", "package/../secret"])
def test_a_link_out_of_the_package_is_refused(tmp_path: Path, target: str) -> None:
    _write(tmp_path, {"secret": b"s", "package/b.rules": RULES})
    (tmp_path / "package/a.rules").symlink_to(tmp_path / target)

    with pytest.raises(PackageError, match="links out of the package"):
        read_package(tmp_path / "package")


def test_a_link_to_a_folder_is_refused(tmp_path: Path) -> None:
    _write(tmp_path, {"package/b.rules": RULES, "elsewhere/x.html": b"s"})
    (tmp_path / "package/templates").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(PackageError, match="is a link to a folder"):
        read_package(tmp_path / "package")


def test_a_broken_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.rules").symlink_to("nowhere")

    with pytest.raises(PackageError, match="cannot be read"):
        read_package(tmp_path)


def test_a_pipe_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.rules")

    with pytest.raises(PackageError, match="not a regular file"):
        read_package(tmp_path)


def test_a_folder_named_like_a_file_is_just_a_folder(tmp_path: Path) -> None:
    _write(tmp_path, {"a.rules/b.rules": RULES})

    assert read_package(tmp_path) == Package({"a.rules/b.rules": RULES})


LARGE = {
    "a file": {"a.rules": b"#" * (MAX_FILE_BYTES + 1)},
    "a template": {"templates/a.html": b"#" * (MAX_FILE_BYTES + 1)},
    "files": {f"{number}.rules": b"" for number in range(MAX_FILES + 1)},
    "together": {
        f"{number}.rules": b"#" * MAX_FILE_BYTES for number in range(MAX_PACKAGE_BYTES // MAX_FILE_BYTES + 1)
    },
}


@pytest.mark.parametrize("files", LARGE.values(), ids=LARGE)
def test_a_package_beyond_a_limit_is_refused_on_disk_and_in_hand(
    tmp_path: Path, files: dict[str, bytes]
) -> None:
    with pytest.raises(PackageError, match="the most that"):
        read_package(_write(tmp_path, files))
    report = check_package(Package(files))
    assert [found.code.endswith("-too-large") for found in report.diagnostics] == [True]
    assert report.program is None


def test_a_package_at_the_limits_is_read(tmp_path: Path) -> None:
    files = {f"{number}.rules": b"" for number in range(MAX_FILES - 1)}
    files["a.rules"] = RULES + b"#" * (MAX_FILE_BYTES - len(RULES))

    package = read_package(_write(tmp_path, files))

    assert check_package(package).program is not None


@pytest.mark.parametrize(
    "files", [{}, {"a.rules": b""}, {"a.rules": b"# nothing yet\n"}, {"templates/a.html": b"x"}]
)
def test_a_package_that_declares_nothing_is_an_error(files: dict[str, bytes]) -> None:
    report = check_package(Package(files))

    assert [found.code for found in report.diagnostics] == ["empty-package"]
    assert report.program is None


def test_the_version_is_of_paths_and_contents() -> None:
    package = Package({"a.rules": b"x", "b.rules": b"y"})

    assert package_version(package) == package_version(Package({"b.rules": b"y", "a.rules": b"x"}))
    others = [{"a.rules": b"x"}, {"a.rules": b"y", "b.rules": b"x"}, {"a.rules": b"xb", "b.rules": b"y"}]
    others += [{"a.rulesx": b"", "b.rules": b"y"}, {"a.rules": b"x", "c.rules": b"y"}]
    versions = {package_version(Package(files)) for files in others}
    assert len(versions | {package_version(package)}) == 6
    assert all(len(version) == 16 for version in versions)


def test_a_program_carries_its_packages_version() -> None:
    package = Package({"a.rules": RULES})

    program = check_package(package).program

    assert program is not None
    assert program.version == package_version(package)


PARTS = [
    b"profile { points number = 0 }\nevent seen { x number }",
    b"segment a { b and v > 3 }\nvalue v = count of seen",
    b"segment b { points > 3 }",
    b"lifecycle l { one when a two otherwise }\nblock z { otherwise show \"z.html\" }",
]  # fmt: skip


@pytest.mark.parametrize("order", [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]])
def test_neither_files_nor_their_order_matter(order: list[int]) -> None:
    files = {f"{place}.rules": PARTS[part] for place, part in enumerate(order)}
    whole = b"\n".join(PARTS)

    split = check_package(Package({**files, "templates/z.html": b"z"})).program
    joined = check_package(Package({"all.rules": whole, "templates/z.html": b"z"})).program

    assert split is not None
    assert joined is not None
    assert {name: getattr(split, name) for name in split.__slots__ if name != "version"} == {
        name: getattr(joined, name) for name in joined.__slots__ if name != "version"
    }
    assert split.evaluation_order == ("b", "v", "a", "l")


def test_an_error_in_one_file_does_not_hide_those_of_another() -> None:
    files = {
        "a.rules": b"segment a { x }",
        "b.rules": b"segment { }",
        "c.rules": b"\xff",
        "d.rules": b"value d = y",
    }

    report = check_package(Package(files))

    # What is unknown could have been declared in the file that cannot be read.
    assert [(found.span.file, found.code) for found in report.diagnostics] == [
        ("b.rules", "syntax-error"),
        ("c.rules", "bad-encoding"),
    ]
    assert report.program is None


def test_windows_line_ends_and_a_byte_order_mark_change_nothing() -> None:
    plain = check_package(Package({"a.rules": b"value a = 1\nsegment b {\n  a > 0\n}\n"})).program
    windows = check_package(
        Package({"a.rules": b"\xef\xbb\xbfvalue a = 1\r\nsegment b {\r\n  a > 0\r\n}\r\n"})
    ).program

    assert plain is not None
    assert windows is not None
    assert plain.segments == windows.segments


def test_warnings_allow_a_program_and_errors_do_not() -> None:
    warned = check_package(Package({"a.rules": b'profile { x text? }\nsegment a { x != "y" }'}))
    refused = check_package(Package({"a.rules": b"profile { x text? }\nsegment a { x != 3 }"}))

    assert [found.severity for found in warned.diagnostics] == ["warning"]
    assert warned.program is not None
    assert refused.program is None


def test_a_name_refused_for_its_capitals_is_not_called_unknown_where_it_is_written_right() -> None:
    rules = b"""profile { visits number? }
segment NightOwls { visits > 2 }
segment owls_again { night_owls and nightowls }
segment others { night_hawks }
"""

    found = check_package(Package({"a.rules": rules})).diagnostics

    assert [(one.code, one.span.line) for one in found] == [("syntax-error", 2), ("unknown-name", 4)]


def test_names_that_may_be_declared_in_an_unreadable_file_are_not_called_unknown() -> None:
    files = {
        "a.rules": b'segment a { any seen }\nblock b { when a show "b.html" otherwise show "c.html" }',
        "templates/b.html": b"{{ total }}{{ customer.city }}",
        "templates/c.html": b"",
        "templates/d.html": b"",
        "z.rules": b"\xff",
    }

    alone = check_package(Package(files)).diagnostics
    with_another = check_package(Package({**files, "zz.rules": b"segment { }"})).diagnostics

    assert [found.code for found in alone] == ["bad-encoding"]
    assert [found.code for found in with_another] == ["bad-encoding", "syntax-error"]


@pytest.mark.parametrize("broken", ["block b { othrwise }", "blok b { otherwise }", "segment s { and }"])
def test_a_template_is_not_called_unused_while_a_rules_file_is_not_read_whole(broken: str) -> None:
    rules = f'block a {{ otherwise show "a.html" }}\n{broken}\n'
    templates = {"templates/a.html": b"", "templates/b.html": b""}

    unread = check_package(Package({"a.rules": rules.encode(), **templates})).diagnostics
    whole = check_package(Package({"a.rules": rules.splitlines()[0].encode(), **templates})).diagnostics

    assert "unused-template" not in {found.code for found in unread}
    assert [found.code for found in whole] == ["unused-template"]


@pytest.mark.slow
def test_files_after_the_first_declaration_too_many_are_not_read() -> None:
    half = b"\n".join(b"value %b = 1" % name for name in [b"v%d" % number for number in range(10_001)])
    files = {"a.rules": half, "b.rules": half.replace(b"value v", b"value w"), "c.rules": b"segment {"}

    report = check_package(Package(files))

    assert [found.code for found in report.diagnostics] == ["too-many-declarations"]
