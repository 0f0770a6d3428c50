"""Three data centres on one machine: real control planes, KWOK nodes, coordination store."""
