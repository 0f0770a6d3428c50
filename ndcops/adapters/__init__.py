"""Doors to outside systems, one module or folder each; they return model types and raise our errors."""
