"""The command line: words in, files and one line about them out."""
