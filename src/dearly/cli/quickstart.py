"""``make run``: the demo shop, its index, a server on loopback, and one rendered block; then it serves.

Each step is a ``dearly`` command, shown as you would type it.
"""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Annotated, Any

import grpc
import typer

from dearly import DearlyError
from dearly.cli.block_summary import BlockSummary, source_line, summary_text
from dearly.cli.demo_shop import customer_id
from dearly.cli.options import DEFAULT_ADDRESS, DEFAULT_RULES, AddressOption, RulesOption
from dearly.server import AddressRefused, parse_address, require_free
from dearly.v1 import content_pb2, content_pb2_grpc

SEED = 1
LOOKS_EVERY_S = 0.05
LOOKED_AT = 120
"""Among so many customers one is sought to whom the first of the block's rules applies."""


class QuickstartFailed(DearlyError):
    """A step did not work; what it printed says why."""


def quickstart(
    data: Annotated[Path, typer.Option(help="Where the demo's store and index are kept.")] = Path(
        "build/demo"
    ),
    rules: RulesOption = DEFAULT_RULES,
    address: AddressOption = DEFAULT_ADDRESS,
    customers: Annotated[int, typer.Option(min=1, help="How many customers to invent.")] = 5_000,
) -> None:
    """Serve a demo shop, and show one of its blocks.

    Fills the shop, builds its index, serves both until Ctrl-C. Each step is a command, shown as typed.
    """
    # SIGINT too: a script's background job is started with it ignored, and would pass that on to its steps.
    stop = _Stop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)  # so that, as with Ctrl-C, no step outlives this
    _require_free(address)
    data.mkdir(parents=True, exist_ok=True)
    store = f"sqlite:///{data / 'shop.db'}"
    index = str(data / "index")
    _run(["demo", "--store", store, "--customers", str(customers), "--seed", str(SEED)], stop)
    _run(["index", "build", "--store", store, "--rules", rules, "--index", index], stop)
    _serve(
        ["serve", "--store", store, "--rules", rules, "--index", index, "--address", address],
        data,
        rules,
        customers,
        stop,
    )


class _Stop:
    """A signal handler that interrupts, and remembers that it was called.

    An interrupt alone can be lost: in a finalizer, Python drops what is raised.
    """

    def __init__(self) -> None:
        self._asked = False

    def __call__(self, _number: int, _frame: FrameType | None) -> None:
        self._asked = True
        raise KeyboardInterrupt

    def ended(self, child: subprocess.Popen[Any]) -> int:
        """The child's exit code, once it has one; every signal is heard meanwhile.

        ``child.wait()`` would sleep in one system call, and a signal that comes just before that is then
        handled only after the child has ended.
        """
        while (status := child.poll()) is None:
            if self._asked:
                raise KeyboardInterrupt
            time.sleep(LOOKS_EVERY_S)
        return status


def _require_free(address: str) -> None:
    """The server's own check, before minutes of work for nothing."""
    try:
        require_free(parse_address(address))
    except AddressRefused as error:
        raise QuickstartFailed(f"{error} With make, type: make run ADDRESS=127.0.0.1:0") from None


def _command(arguments: list[str]) -> list[str]:
    typer.secho(f"\n==> dearly {shlex.join(arguments)}", bold=True)
    sys.stdout.flush()
    return [sys.executable, "-m", "dearly.cli", *arguments]


def _run(arguments: list[str], stop: _Stop) -> None:
    child = subprocess.Popen(_command(arguments))  # noqa: S603 - our own command
    try:
        status = stop.ended(child)
    finally:
        child.terminate()
        child.wait()
    if status != 0:
        raise QuickstartFailed(f"`dearly {arguments[0]}` ended with exit code {status}; see above.")


def _serve(arguments: list[str], data: Path, rules: str, customers: int, stop: _Stop) -> None:
    """Start the server as a child, show a block, and wait; when asked to stop, until it has drained."""
    log = data / "server.log"
    with log.open("ab") as sink:
        # In a process group of its own it gets no Ctrl-C from the terminal: the one SIGTERM below drains it,
        # a second signal would end it at once.
        child = subprocess.Popen(  # noqa: S603 - our own command
            _command(arguments), stdout=subprocess.PIPE, stderr=sink, text=True, process_group=0
        )
    try:
        address = _listening(child, log)
        typer.echo(f"listening on {address}; its log is {log}")
        _show_one(address, rules, customers)
        typer.secho(f"\nServing on {address} until Ctrl-C.", bold=True)
        if stop.ended(child) != 0:
            raise QuickstartFailed(f"The server ended by itself; the end of {log} says:\n{_tail(log)}")
    except KeyboardInterrupt:
        typer.echo("\nstopping")
    finally:
        child.terminate()
        child.wait()


def _listening(child: subprocess.Popen[str], log: Path) -> str:
    assert child.stdout is not None
    line = child.stdout.readline()
    if not line:
        raise QuickstartFailed(f"The server did not start; the end of {log} says:\n{_tail(log)}")
    return str(json.loads(line)["address"])


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-5:])


def _show_one(address: str, rules: str, customers: int) -> None:
    """Render the hero for some customers, and print it for the one whom the earliest rule is for."""
    wanted = [customer_id(SEED, number) for number in range(1, min(LOOKED_AT, customers) + 1)]
    requests = [
        content_pb2.RenderContentRequest(customer_id=customer, blocks=["hero"]) for customer in wanted
    ]
    with grpc.insecure_channel(address) as channel:
        stub = content_pb2_grpc.ContentServiceStub(channel)
        reply = stub.BatchRenderContent(content_pb2.BatchRenderContentRequest(requests=requests), timeout=30)
    chosen, content = max(
        ((customer, result.content) for customer, result in zip(wanted, reply.results, strict=True)),
        key=lambda pair: _interest(pair[1].blocks[0]),
    )
    block = content.blocks[0]
    typer.secho(f"\nRenderContent(customer_id={chosen!r}, blocks=['hero'])", bold=True)
    summary = BlockSummary(
        reason=content_pb2.BlockReason.Name(block.reason).removeprefix("BLOCK_REASON_"),
        rule=block.rule,
        source=source_line(rules, block.rule),
        items=[", ".join(block.item_ids)],
        subject=block.subject,
        valid_until=content.valid_until.ToJsonString() if content.HasField("valid_until") else "",
        html=block.html,
        text=block.text,
    )
    typer.echo(summary_text(summary, rules))


def _interest(block: content_pb2.RenderedBlock) -> tuple[bool, int]:
    matched = block.reason == content_pb2.BLOCK_REASON_MATCHED
    return matched, -int(block.rule.rpartition(":")[2] or 0)
