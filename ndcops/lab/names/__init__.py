"""The names of the lab's services: an authoritative BIND on each site, every one a primary of its own copy."""
