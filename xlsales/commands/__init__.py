"""What each button does: read, check, compute, then write everything or nothing, over any book (`protocol.Book`)."""
