"""One video from click to file, come what may."""
