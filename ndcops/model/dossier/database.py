"""A database of a system: what a probe of the live one can tell, and what the agency says of it."""

import re
from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from ndcops.model.document import Name, Value, misplaced


class DatabaseEngine(StrEnum):
    """The product; only PostgreSQL is probed and moved row by row."""

    POSTGRESQL = "postgresql"
    ORACLE = "oracle"
    SQLSERVER = "sqlserver"
    MYSQL = "mysql"
    MARIADB = "mariadb"
    DB2 = "db2"
    MONGODB = "mongodb"
    OTHER = "other"


class DatabaseScope(StrEnum):
    """National databases serve the whole country, sectoral ones a field or a province."""

    NATIONAL = "national"
    SECTORAL = "sectoral"


_Count = Field(ge=0, le=2**63 - 1, default=None)


class DossierDatabase(Value):
    """One database. Numbers are None while they are not known.

    connection: libpq's words for where it is (`service=…`, `host=… dbname=… user=…`), never a password:
    that stands in PGPASSFILE. growth_bytes_day may be negative after a purge. no_pk: tables without a primary key.
    """

    id: Name
    system: Name
    scope: DatabaseScope | None = None
    engine: DatabaseEngine
    version: str | None = Field(pattern=r"^\d{1,5}(\.\d{1,6}){0,4}[\w.+ ~-]{0,40}$", default=None)
    connection: str | None = Field(min_length=1, max_length=1000, default=None)
    size_bytes: int | None = _Count
    growth_bytes_day: int | None = Field(ge=-(2**63), le=2**63 - 1, default=None)
    wal_bytes_s: int | None = _Count
    tables: int | None = _Count
    no_pk: int | None = _Count
    large_objects: int | None = _Count
    schemas: tuple[str, ...] | None = None
    extensions: tuple[str, ...] | None = None
    encoding: str | None = Field(min_length=1, max_length=40, default=None)
    collation: str | None = Field(min_length=1, max_length=100, default=None)

    @model_validator(mode="after")
    def _keys_are_of_tables(self) -> Self:
        if self.tables is not None and self.no_pk is not None and self.no_pk > self.tables:
            raise misplaced(("no_pk",), f"{self.no_pk} of {self.tables} tables; expected at most all of them")
        return self

    @property
    def major(self) -> int | None:
        """The number that the version begins with; None when it is not known."""
        found = re.match(r"\d+", self.version or "", re.ASCII)
        return int(found[0]) if found is not None else None
