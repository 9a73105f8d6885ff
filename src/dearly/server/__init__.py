"""The gRPC server: services, their outermost frame, logs, background work, drain."""

from dearly.server.address import AddressRefused, parse_address, require_free
from dearly.server.lifecycle import Running, serving, watch_for_stop
from dearly.server.logs import LogWriter, configure_logs
from dearly.server.rules_keeper import RulesRefused
from dearly.server.settings import ServerSettings, new_log_key

__all__ = [
    "AddressRefused",
    "LogWriter",
    "RulesRefused",
    "Running",
    "ServerSettings",
    "configure_logs",
    "new_log_key",
    "parse_address",
    "require_free",
    "serving",
    "watch_for_stop",
]
