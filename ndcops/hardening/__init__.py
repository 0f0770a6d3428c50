"""Baseline, apply, verify, waivers and evidence of hosts."""
