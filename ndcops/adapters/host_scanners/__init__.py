"""The door to scanners that others wrote: OpenSCAP and Lynis, run on the hosts and their results read."""

from ndcops.adapters.host_scanners.scanners import HostScanners

__all__ = ["HostScanners"]
