"""The demo: `python -m tests.demo [CHAPTER]` does the main job on this machine, command by command."""
