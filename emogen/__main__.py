"""`python -m emogen` is the command `emogen`."""

from emogen.cli.main import run

if __name__ == "__main__":
    run()
