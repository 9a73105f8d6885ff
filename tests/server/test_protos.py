"""The protos as documentation: everything declared says what it means."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from grpc_tools import protoc

PROTOS = Path(__file__).parents[2] / "protos"
INCLUDE = Path(protoc.__file__).parent / "_proto"

# Numbers of fields in descriptor.proto, of which a comment's path is made.
MESSAGES, ENUMS, SERVICES, FIELDS, VALUES, METHODS = 4, 5, 6, 2, 2, 2


def declared(file: Any) -> list[tuple[str, tuple[int, ...]]]:
    """Everything a file declares: its name, and its path as comments are found by."""
    found = []
    for number, message in enumerate(file.message_type):
        found.append((message.name, (MESSAGES, number)))
        for place, field in enumerate(message.field):
            found.append((f"{message.name}.{field.name}", (MESSAGES, number, FIELDS, place)))
    for number, enum in enumerate(file.enum_type):
        found.append((enum.name, (ENUMS, number)))
        for place, value in enumerate(enum.value):
            found.append((value.name, (ENUMS, number, VALUES, place)))
    for number, service in enumerate(file.service):
        found.append((service.name, (SERVICES, number)))
        for place, method in enumerate(service.method):
            found.append((f"{service.name}.{method.name}", (SERVICES, number, METHODS, place)))
    return found


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    target = tmp_path_factory.mktemp("protos") / "all.pb"
    sources = [str(path) for path in sorted(PROTOS.glob("dearly/v1/*.proto"))]
    options = [
        "protoc",
        f"-I{PROTOS}",
        f"-I{INCLUDE}",
        "--include_source_info",
        f"--descriptor_set_out={target}",
    ]
    assert protoc.main([*options, *sources]) == 0
    return list(FileDescriptorSet.FromString(target.read_bytes()).file)


def test_everything_that_is_declared_is_commented(files: list[Any]) -> None:
    bare = []
    for file in files:
        comments = {tuple(place.path): place.leading_comments for place in file.source_code_info.location}
        bare += [name for name, path in declared(file) if not comments.get(path, "").strip()]
    assert bare == []


def test_no_declared_method_is_without_an_implementation(files: list[Any]) -> None:
    from dearly.server import services

    for file in files:
        for service in file.service:
            implementation = getattr(services, service.name)
            for method in service.method:
                assert method.name in vars(implementation), f"{service.name}.{method.name}"
