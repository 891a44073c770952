"""The documentation site: one more rendering of the same plans, as pages for MkDocs."""
