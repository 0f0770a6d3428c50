"""Databases move in: what every command of a move begins with, and the seed."""

from ndcops.onboarding.run.moving.ends import MoveWords, find_move
from ndcops.onboarding.run.moving.seed import Seeding, SeedProposal

__all__ = ["MoveWords", "SeedProposal", "Seeding", "find_move"]
