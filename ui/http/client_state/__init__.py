"""State that clients hold and send back: the place in a list, the tag of a response, the key of a request."""
