"""Every visible word, in English and Chinese."""
