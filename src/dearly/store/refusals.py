"""What both stores refuse alike: patches of who was erased, and merges that would make nothing one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from dearly.store.records import MergeOutcome, ProfilePatch


def refused_patches(
    patches: Sequence[ProfilePatch], erased_among: Callable[[Collection[str]], Collection[str]]
) -> list[int]:
    """The places of patches whose customer is erased, unless one of them lets that customer back in."""
    erased = erased_among({patch.customer_id for patch in patches} - readmitted_by(patches))
    return [place for place, patch in enumerate(patches) if patch.customer_id in erased]


def readmitted_by(patches: Sequence[ProfilePatch]) -> set[str]:
    """Whom patches let back in, should they have been erased."""
    return {patch.customer_id for patch in patches if patch.readmit}


def refused_merge(from_id: str, gone: str, survivor: str, erased: Collection[str]) -> MergeOutcome | None:
    """Why a merge is none, given the ids that stand for both now, and which of the two are erased; None: it
    is one."""
    if erased:
        return MergeOutcome.ERASED
    if gone == survivor:
        return MergeOutcome.ALREADY_ONE
    if gone != from_id:
        return MergeOutcome.TAKEN
    return None
