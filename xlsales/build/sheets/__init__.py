"""One module for each sheet that is more than its tables."""
