"""Facts in, plans out; pure: no clock, files, network."""
