"""What an empty embedded portal is filled with once, so that a newcomer can look around."""
