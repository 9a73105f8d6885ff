"""Everybody at once: a store exported to Parquet, and conditions asked of it as SQL, by DuckDB."""
