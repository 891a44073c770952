"""What each framework's users expect of any layer, one module per framework."""
