"""The parts of the layers: pure functions that write Kubernetes objects, and one component a layer."""
