"""Dearly decides, for one recipient at the moment an email is sent, what that email should say."""

from importlib.metadata import version

__version__ = version("dearly")


class DearlyError(Exception):
    """The root of every error that Dearly raises on purpose; its text is meant for whoever reads it."""
