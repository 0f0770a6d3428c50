"""The formats that all rooms share: frozen pydantic models, versioned; imports nothing of ours."""
