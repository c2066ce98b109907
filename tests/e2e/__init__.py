"""The portal as people meet it: all of its processes, and a real browser."""
