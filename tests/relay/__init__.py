"""Tests of the relay, with a real server of NATS."""
