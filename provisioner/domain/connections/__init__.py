"""Who connected, what administrators did, and what of it looks wrong (L1)."""
