# Generated from spec/neurons. Do not edit; run `make generate`.
"""Responses of the neurons, one module each."""
