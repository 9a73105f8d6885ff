"""FAISS's own form on disk, believed only as far as it fits what the manifest tells of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import faiss
import numpy as np

from dearly.recommendation.search import SearchPlan

_KINDS: Mapping[str, Any] = {"flat": faiss.IndexFlatIP, "ivf": faiss.IndexIVFFlat}


def load_search(data: bytes, plan: SearchPlan, items: int) -> Any:
    """The FAISS index in a file: of the plan's kind, and every row that a search may find is an item's.

    Raises:
        ValueError: it is anything else.
    """
    # Nothing in a file is longer than the file. Else a forged count is memory asked for, and filled.
    faiss.set_deserialization_vector_byte_limit(len(data))
    try:
        loaded: Any = faiss.deserialize_index(np.frombuffer(data, dtype=np.uint8))
    except RuntimeError:
        raise ValueError("FAISS cannot read it") from None
    if type(loaded) is not _KINDS.get(plan.kind):
        raise ValueError(f"{type(loaded).__name__} is not of the kind {plan.kind!r} that the manifest tells")
    expected = (items, plan.prefix, faiss.METRIC_INNER_PRODUCT)
    got = (loaded.ntotal, loaded.d, loaded.metric_type)
    if got != expected:
        raise ValueError(f"expected (items, dimensions, metric) of {expected}, got {got}")
    if plan.kind == "ivf":
        _check_lists(loaded, plan, items)
    return loaded


def _check_lists(loaded: Any, plan: SearchPlan, items: int) -> None:
    quantizer, lists = faiss.downcast_index(loaded.quantizer), faiss.downcast_InvertedLists(loaded.invlists)
    if (type(quantizer), type(lists)) != (faiss.IndexFlatIP, faiss.ArrayInvertedLists):
        raise ValueError("expected inner products with list centres, and lists in memory")
    expected = (plan.lists, plan.lists, plan.lists, plan.prefix, 4 * plan.prefix)
    got = (loaded.nlist, lists.nlist, quantizer.ntotal, quantizer.d, lists.code_size)
    if got != expected:
        raise ValueError(f"expected lists, centres, their dimensions and bytes of {expected}, got {got}")
    rows = [faiss.rev_swig_ptr(lists.get_ids(n), lists.list_size(n)) for n in range(plan.lists)]
    if not np.array_equal(np.sort(np.concatenate(rows)), np.arange(items)):
        raise ValueError(f"expected each of the {items:,} items in one list")
