"""Text in, vectors out: the encoder, its schedule, and the pipeline that embeds chunks."""
