"""Time and memory of a train step; numbers are printed, never asserted."""
