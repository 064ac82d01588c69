"""The chat page: Gradio components, the events of a page, and its conversation on the server."""
