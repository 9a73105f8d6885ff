"""Everybody at once: a store exported to Parquet, and conditions asked of it as SQL, by DuckDB.

Needs the extra ``warehouse``.
"""

from dearly.warehouse.audiences import Warehouse, ask, find_audience, open_warehouse
from dearly.warehouse.export import export_store
from dearly.warehouse.extent import Extent, needed_extent, whole_extent
from dearly.warehouse.manifest import ExportRefused, Manifest

__all__ = [
    "ExportRefused",
    "Extent",
    "Manifest",
    "Warehouse",
    "ask",
    "export_store",
    "find_audience",
    "needed_extent",
    "open_warehouse",
    "whole_extent",
]
