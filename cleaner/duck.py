"""What every DuckDB connection of ours is told, whoever made the file."""

import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def sealed(db: "DuckDBPyConnection") -> "DuckDBPyConnection":
    """The connection, which now reads no other file whatever its own says, and starts few threads."""
    import duckdb

    with contextlib.suppress(duckdb.Error):  # other versions may not know it
        db.execute("SET async_threads = 1")
    db.execute("SET enable_external_access = false")
    db.execute("SET lock_configuration = true")
    return db
