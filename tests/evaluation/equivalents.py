"""Mutations that change no answer, each with the reason: they are no mistakes, so nothing can notice them."""

from __future__ import annotations

from collections.abc import Mapping

EQUIVALENT: Mapping[tuple[str, str, str, str], str] = {}
"""By file, function, what stands there and what would: see :attr:`tests.evaluation.mutants.Site.key`."""
