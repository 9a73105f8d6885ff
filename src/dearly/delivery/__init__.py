"""Getting the feed out of the store: sinks, told in order and at least once, and what they would not take."""

from dearly.delivery.courier import Courier, SinkReport
from dearly.delivery.json_lines import JsonLinesSink
from dearly.delivery.rendering import feed_json, told_body
from dearly.delivery.replaying import Replayed, each_dead_letter, replay
from dearly.delivery.resuming import ResumeToken, TokenExpired, TokenRefused, read_token, resume_position
from dearly.delivery.settings import (
    JsonLinesSettings,
    SinkSettings,
    SinkSettingsError,
    WebhookSettings,
    open_sink,
    parse_sink,
    parse_sinks,
)
from dearly.delivery.signing import Secret, SecretUnusable, read_secrets
from dearly.delivery.sinks import Delivery, Failure, Sink
from dearly.delivery.webhook import ExtraMissing, WebhookSink

__all__ = [
    "Courier",
    "Delivery",
    "ExtraMissing",
    "Failure",
    "JsonLinesSettings",
    "JsonLinesSink",
    "Replayed",
    "ResumeToken",
    "Secret",
    "SecretUnusable",
    "Sink",
    "SinkReport",
    "SinkSettings",
    "SinkSettingsError",
    "TokenExpired",
    "TokenRefused",
    "WebhookSettings",
    "WebhookSink",
    "each_dead_letter",
    "feed_json",
    "open_sink",
    "parse_sink",
    "parse_sinks",
    "read_secrets",
    "read_token",
    "replay",
    "resume_position",
    "told_body",
]
