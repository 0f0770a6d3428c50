"""Patroni's configuration store: an etcd with one member a centre, which decides who leads every database."""

from typing import Literal

from pydantic import Field

from ndcops.model.coordination import CoordinationMember
from ndcops.model.document import Document


class DatabaseStore(Document):
    """`inventory/databases.yaml`: the production store; the lab brings its own.

    A service's cluster has the service's id as scope, below `namespace`; each member says its site in `tags.site`.
    """

    KIND = "DatabaseStore"

    kind: Literal["DatabaseStore"] = "DatabaseStore"
    members: tuple[CoordinationMember, ...] = Field(min_length=3)
    ca_file: str
    namespace: str = Field(pattern=r"^/([\w.-]+/)+$", default="/service/")
