"""The command line: parse, ask, show, exit. One file per group of verbs."""
