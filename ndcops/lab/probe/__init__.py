"""A client outside all sites: it writes and reads through a service's name, and keeps what was confirmed to it."""
