"""Programs that show the layers at work."""
