"""Reads the register and sums it up for the whole country."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from ndcops.model.inventory import Inventory
from ndcops.model.portfolio import Portfolio
from ndcops.model.record import JsonObject
from ndcops.model.standing import standings
from ndcops.onboarding.plan.portfolio import PortfolioFacts, dcat_catalogue, portfolio_of
from ndcops.onboarding.run.roadmap import former_roadmap
from ndcops.workflow.journal import Journal


@dataclass
class Portfolios:
    """The entrance."""

    inventory: Inventory
    ledger: Journal
    today: Callable[[], date]

    def portfolio(self) -> Portfolio:
        """The country at a glance, by the ledger where it speaks and by the dossiers where it does not."""
        records = self.ledger.records()
        return portfolio_of(
            PortfolioFacts(
                dossiers=self.inventory.dossiers,
                standings=standings(records),
                roadmap=former_roadmap(records),
                ledger_records=len(records),
                today=self.today(),
            )
        )

    def catalogue(self) -> JsonObject:
        """The data sets as DCAT-AP JSON-LD."""
        return dcat_catalogue(self.inventory.dossiers)
