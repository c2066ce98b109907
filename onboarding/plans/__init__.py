"""Plans: everything a revision of an order will bring about, rendered, digested and stored."""
