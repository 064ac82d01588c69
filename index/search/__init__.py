"""Search over one snapshot of the library: vectors and words, fused, and the caches they are read from."""
