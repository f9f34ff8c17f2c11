"""Pure calculation: frames and arrays in, frames and arrays out. No files, cells, visible words, clock or chance."""
