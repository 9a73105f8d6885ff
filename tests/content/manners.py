"""How recipients are spoken to in tests that look at something else."""

from __future__ import annotations

from dearly.content.local_words import manner_of

ENGLISH = manner_of("en", "UTC")
