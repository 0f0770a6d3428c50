"""How a database moves in: names, refusals, steps of the seed; pure."""
