"""Text -> checked program. Knows no store and no server."""
