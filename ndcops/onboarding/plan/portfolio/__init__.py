"""The portfolio from dossiers, standings and roadmap, and the catalogue for the national data portal."""

from ndcops.onboarding.plan.portfolio.catalogue import dcat_catalogue
from ndcops.onboarding.plan.portfolio.summing import PortfolioFacts, portfolio_of

__all__ = ["PortfolioFacts", "dcat_catalogue", "portfolio_of"]
