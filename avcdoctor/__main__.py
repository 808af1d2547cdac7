"""Lets `python -m avcdoctor` run the command."""

from avcdoctor.cli.main import run

if __name__ == "__main__":
    run()
