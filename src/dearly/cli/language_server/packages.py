"""The packages that an editor has files of, each checked anew after every edit."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from dearly.editor import Analysis, Memory, analyse
from dearly.language import Package, PackageError, read_package

DEBOUNCE_S = 0.02
"""So long after an edit a check begins: what comes in a burst, as from a rename, is checked once. Keys come
further apart than a check takes, so to wait longer would only delay it."""

_log = logging.getLogger(__name__)


class OpenPackage:
    """One package: its files on disk, what the editor has open over them, and the latest analysis.

    Checks run in a thread, one at a time. What is edited meanwhile is checked right after, and only the
    newest state is told of. ``publish`` gets each analysis, ``complain`` what a person should read.
    """

    def __init__(
        self,
        root: Path,
        publish: Callable[[OpenPackage, Analysis], Awaitable[None]],
        complain: Callable[[str], None],
    ) -> None:
        self.root = root
        self.buffers: dict[str, str] = {}
        """The open documents' texts, by their path in the package."""
        self.published: set[str] = set()
        """The files for which findings are shown."""
        self._publish = publish
        self._complain = complain
        self._complaint = ""
        self._memory = Memory()
        self._on_disk: Mapping[str, bytes] | None = None
        self._analysis: Analysis | None = None
        self._edits = 0
        self._checked = 0
        self._task: asyncio.Task[None] | None = None

    def edited(self) -> None:
        """Check soon: what is open has changed."""
        self._edits += 1
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._check_all())

    def changed_on_disk(self) -> None:
        """Read the files again, and check soon."""
        self._on_disk = None
        self.edited()

    async def current(self) -> Analysis:
        """The analysis of the newest state, once it is there."""
        while self._analysis is None or self._checked < self._edits:
            if self._task is None or self._task.done():
                self._task = asyncio.create_task(self._check_all())
            await asyncio.shield(self._task)
        return self._analysis

    async def latest(self) -> Analysis:
        """The last analysis, maybe of a moment ago: good enough for names while somebody writes."""
        return self._analysis if self._analysis is not None else await self.current()

    def forget(self) -> None:
        """Stop checking."""
        if self._task is not None:
            self._task.cancel()

    async def _check_all(self) -> None:
        """Check until nothing newer is there to check."""
        told = False
        while not told:
            await asyncio.sleep(DEBOUNCE_S)
            told = await self._check_newest()

    async def _check_newest(self) -> bool:
        """Check what is there now; whether it still was the newest when it was told of."""
        edits, buffers = self._edits, dict(self.buffers)
        try:
            self._analysis = await asyncio.to_thread(self._check, buffers)
            if edits == self._edits:
                await self._publish(self, self._analysis)
        except Exception:  # noqa: BLE001 - the outermost frame of a check: the server goes on with the last one
            _log.exception("A check failed.")
            self._complain_once("Dearly could not check the rules; its log says why.")
            self._analysis = self._analysis or analyse(Package({}), Memory())
        self._checked = edits
        return edits == self._edits

    def _check(self, buffers: Mapping[str, str]) -> Analysis:
        if self._on_disk is None:
            self._on_disk = self._read()
        opened = {path: text.encode("utf-8", "surrogatepass") for path, text in buffers.items()}
        return analyse(Package({**self._on_disk, **opened}), self._memory, self._analysis)

    def _read(self) -> Mapping[str, bytes]:
        try:
            return read_package(self.root).files
        except PackageError as error:
            # A name that is not typed yet, or a link: what is open can be checked all the same.
            self._complain_once(str(error))
            return {}

    def _complain_once(self, message: str) -> None:
        if message != self._complaint:
            self._complaint = message
            self._complain(message)
