"""The page on the architecture names what there is, and leaves no room out."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator

from tests.docs.documents import ROOT, fences

PAGE = ROOT / "docs/architecture.md"
SOURCE = ROOT / "src/dearly"
TOP = {path.name for path in (*ROOT.iterdir(), *SOURCE.iterdir()) if path.is_dir()}
"""What a path may begin with: a folder of the repository, or a room."""


def tree() -> Iterator[str]:
    """The paths that the drawing of the house shows, by their indentation."""
    above: list[str] = []
    for line in fences(PAGE)[0].text.splitlines():
        name = line.split()[0]
        depth = (len(line) - len(line.lstrip())) // 2
        above[depth:] = [name]
        yield "".join(above)


def named_paths() -> set[str]:
    """Paths in the text: a folder that is there, a slash, and what it is said to hold."""
    text = re.sub(r"^```.*?^```$", "", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    found = set(re.findall(r"`([\w.]+/[\w./]*)`", text))
    return {path for path in found if path.split("/")[0] in TOP or path.endswith(".py")}


def is_room(module: str) -> bool:
    """Whether a module is a room within a room, with a face of its own."""
    return (SOURCE.parent.joinpath(*module.split(".")) / "__init__.py").exists()


def is_there(path: str) -> bool:
    return (ROOT / path).exists() or (SOURCE / path).exists()


def test_the_house_is_drawn_as_it_stands() -> None:
    assert [path for path in tree() if not is_there(path)] == []


def test_every_room_is_in_the_drawing() -> None:
    rooms = {f"{path.parent.relative_to(ROOT)}/" for path in SOURCE.rglob("__init__.py")}

    assert rooms <= set(tree())


def test_every_path_in_the_text_is_there() -> None:
    paths = named_paths()

    assert len(paths) > 40
    assert sorted(path for path in paths if not is_there(path)) == []


def test_the_layers_are_those_that_the_imports_are_held_to() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (contract,) = (
        contract
        for contract in settings["tool"]["importlinter"]["contracts"]
        if contract["type"] == "layers" and "dearly.cli" in contract["layers"]
    )
    bottom_up = [layer.replace("dearly.", "") for layer in reversed(contract["layers"])]

    text = " ".join(PAGE.read_text(encoding="utf-8").split())
    assert " ← ".join(f"`{layer}`" for layer in bottom_up) in text


def test_the_table_of_rooms_has_every_layer() -> None:
    rows = re.findall(r"^\| `(\w+)/` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    layers = {path.name for path in SOURCE.iterdir() if (path / "__init__.py").exists()} - {"v1"}

    assert set(rows) == layers


def test_other_rooms_than_the_language_are_used_through_their_faces() -> None:
    imports = re.compile(r"^\s*from (dearly\.(\w+)\.[\w.]+) import", re.MULTILINE)
    past_the_face = [
        f"{path.relative_to(SOURCE)}: {module}"
        for path in SOURCE.rglob("*.py")
        for module, room in imports.findall(path.read_text(encoding="utf-8"))
        if room not in (path.relative_to(SOURCE).parts[0], "language") and not is_room(module)
    ]

    assert past_the_face == []
