"""Changing the writing end: what must hold before, which steps, in which order; pure."""
