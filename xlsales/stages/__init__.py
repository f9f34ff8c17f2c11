"""From tables to the core functions of one stage, and from their answers to result tables; no arithmetic of its own."""
