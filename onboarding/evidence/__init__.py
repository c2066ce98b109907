"""Evidence packs: all that is kept about an order, as one file that can be checked offline."""
