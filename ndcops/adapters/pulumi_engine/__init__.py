"""The door to Pulumi: runs the stacks' programs through the Automation API; called through wiring."""

from ndcops.adapters.pulumi_engine.engine import PulumiEngine
from ndcops.adapters.pulumi_engine.settings import EngineSettings

__all__ = ["EngineSettings", "PulumiEngine"]
