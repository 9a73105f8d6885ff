"""The engines that run generated SQL, each started once and ended with the tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.evaluation import sql_engines


@pytest.fixture(scope="session")
def postgresql() -> Iterator[psycopg.Connection[Any]]:
    """A connection to a PostgreSQL server of the tests' own."""
    with sql_engines.postgresql() as connection:
        yield connection


@pytest.fixture(scope="session")
def spark() -> Iterator[Any]:
    """A Spark session; tests that need it are skipped where Java or pyspark is missing."""
    if (why := sql_engines.why_no_spark()) is not None:
        pytest.skip(f"Spark is not tried: {why}")
    with sql_engines.spark() as session:
        yield session
