"""Facts -> block decision -> items -> template -> bytes, with a fallback behind every step."""

from dearly.content.call_context import read_context
from dearly.content.locale_tables import load_every_locale
from dearly.content.personalizer import Personalizer, unhurried
from dearly.content.rehearsing import rehearse
from dearly.content.rendering import Rendered
from dearly.content.request import Reason, RenderedBlock, RenderReply, RenderRequest, UnknownBlock
from dearly.content.serving import (
    CannotServe,
    Serving,
    check_renderable,
    check_servable,
    prepare_serving,
)
from dearly.content.unserved import find_unserved, unserved_names

__all__ = [
    "CannotServe",
    "Personalizer",
    "Reason",
    "RenderReply",
    "RenderRequest",
    "Rendered",
    "RenderedBlock",
    "Serving",
    "UnknownBlock",
    "check_renderable",
    "check_servable",
    "find_unserved",
    "load_every_locale",
    "prepare_serving",
    "read_context",
    "rehearse",
    "unhurried",
    "unserved_names",
]
