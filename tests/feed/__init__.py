"""The feed: memory, history, replay."""
