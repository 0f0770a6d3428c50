"""Lets `python -m ndcops` do what the console script does."""

from ndcops.cli.app import main

if __name__ == "__main__":
    main()
