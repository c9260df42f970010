"""The launcher behind ./commerce. Standard library only: it runs before anything is installed."""
