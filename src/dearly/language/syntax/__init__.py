"""Text -> syntax tree: what was written, with its places."""
