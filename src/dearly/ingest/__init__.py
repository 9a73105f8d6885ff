"""The way in: what comes is held against the rules, in our own form or in those of other systems."""

from dearly.ingest.cloud_events import read_cloud_event
from dearly.ingest.documents import Content, Document, Merge, Part, PartKind
from dearly.ingest.door import Rejected, prepare_consent, prepare_event, prepare_item, prepare_profile
from dearly.ingest.segment_spec import read_segment

__all__ = [
    "Content",
    "Document",
    "Merge",
    "Part",
    "PartKind",
    "Rejected",
    "prepare_consent",
    "prepare_event",
    "prepare_item",
    "prepare_profile",
    "read_cloud_event",
    "read_segment",
]
