"""The real scheduler's verdicts on made-up clusters, to hold the fit engine against."""
