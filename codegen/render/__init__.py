"""From plans to files: templates, formatting, and the swap into `generated/`."""
