"""Pinned Go modules and what builds them into the user's cache folder."""
