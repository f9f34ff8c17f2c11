"""The catalogue of broken inputs: how each is made, and what the reader is told in both languages."""
