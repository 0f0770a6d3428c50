"""Preview, apply and drift of stacks over sites and layers."""
