"""Drives scripts/bench: starts servers and daemon, runs the lines of the table, prints it. bench/README.md explains."""
