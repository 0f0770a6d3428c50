"""Pure planners: facts in, answers out; no files, clock or network."""
