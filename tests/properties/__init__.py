"""Properties of every layer in every framework, drawn from the layer's own options."""
