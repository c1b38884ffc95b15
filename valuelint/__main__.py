"""`python -m valuelint`, and the console script."""

from __future__ import annotations


def main() -> None:
    """Runs the command line and exits."""
    from valuelint.cli import main as run

    run()


if __name__ == "__main__":
    main()
