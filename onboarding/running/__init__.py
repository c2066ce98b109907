"""What wakes orders up: the doorbell, the queue's jobs and worker, and the sweeper."""
