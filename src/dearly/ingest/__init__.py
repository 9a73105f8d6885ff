"""The way in: what comes is held against the rules, in our own form or in those of other systems."""

from dearly.ingest.door import Rejected, prepare_event, prepare_item, prepare_profile

__all__ = ["Rejected", "prepare_event", "prepare_item", "prepare_profile"]
