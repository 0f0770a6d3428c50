"""Proving that two databases hold the same: how rows are compared, what differs, the verdict; pure."""
