"""What is written is so: docs, README, ops/."""
