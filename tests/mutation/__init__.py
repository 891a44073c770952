"""The suite is tested too: mistakes are planted in the generator, and must be found."""
