"""Installing into Excel: the add-in, its configuration, what a Mac needs besides; and finding out what is wrong."""
