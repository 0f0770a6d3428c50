"""Agencies: register, assess, roadmap, landing zone, migration."""
