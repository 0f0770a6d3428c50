"""When an object counts as ready: one module per family of kinds, a table of them, and the wait itself."""
