"""Stand-ins for controllers that have no real part in the lab: storage replication, CloudNativePG, gateways.

A process a site plays them on the site's real API server, as state machines after their published sources. What
it shows is simulated: there are no bytes behind it. Every object that it has played carries the annotation
`players.ndc.gov.vn/simulated`. It sees other sites' objects through its site's own links: a cut link cuts it too.
"""
