"""docs/api.md: its examples run, in order, against a real server; and every method has one."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path
from typing import Any

import pytest

from dearly.v1 import (
    content_pb2,
    events_pb2,
    items_pb2,
    profiles_pb2,
    recommendations_pb2,
    rules_pb2,
    segments_pb2,
)
from tests.serving import server_process

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/api.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
PROTOS = (content_pb2, events_pb2, items_pb2, profiles_pb2, recommendations_pb2, rules_pb2, segments_pb2)


def test_the_examples_run_in_order_and_print_what_the_page_says(tmp_path: Path) -> None:
    printed = io.StringIO()
    with (
        server_process(tmp_path, ROOT / "rules", "--allow-now") as server,
        contextlib.redirect_stdout(printed),
    ):
        known: dict[str, object] = {}
        for number, example in enumerate(EXAMPLES):
            source = example.replace("127.0.0.1:50051", server.address)
            source = re.sub(r"timeout=[\d.]+", "timeout=30", source)  # this machine may have much to do
            exec(compile(source, f"docs/api.md, example {number + 1}", "exec"), known)
    lines = printed.getvalue()
    for told in re.findall(r"  # (.+)$", "\n".join(EXAMPLES), re.MULTILINE):
        assert told in lines
    outcomes = re.findall(r"EVENT_OUTCOME_(\w+) ?(\S*)", lines)
    assert outcomes == [
        ("ACCEPTED", ""),
        ("DUPLICATE", ""),
        ("CONFLICT", outcomes[2][1]),
        ("REJECTED", "properties.product_id"),
    ]
    assert "0 hero" in lines
    assert "2026-12-24T18:00:00Z" in lines
    assert "hesitant MEMBERSHIP_MEMBER" in lines
    assert "hero BLOCK_REASON_MATCHED content/hero.rules:" in lines


@pytest.mark.parametrize("proto", PROTOS, ids=lambda proto: proto.DESCRIPTOR.name)
def test_every_method_has_an_example(proto: Any) -> None:
    code = "\n".join(EXAMPLES)
    for service in proto.DESCRIPTOR.services_by_name.values():
        for method in service.methods:
            assert f".{method.name}(" in code


def test_every_reason_and_outcome_is_explained() -> None:
    reasons = [
        name.removeprefix("BLOCK_REASON_") for name in content_pb2.BlockReason.DESCRIPTOR.values_by_name
    ]
    outcomes = [
        name.removeprefix("EVENT_OUTCOME_") for name in events_pb2.EventOutcome.DESCRIPTOR.values_by_name
    ]
    for name in (*reasons, *outcomes):
        assert name == "UNSPECIFIED" or f"| {name} |" in PAGE
