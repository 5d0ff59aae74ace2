"""Published results, one a file, a folder a paper."""
