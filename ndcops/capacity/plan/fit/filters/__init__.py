"""The default filter plugins of kube-scheduler 1.36, one concern a module, each over all nodes at once."""
