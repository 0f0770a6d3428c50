"""Facts in, plans of moves out; pure."""
