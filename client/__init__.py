"""EvoLink's image-to-video API, thin and typed."""
