"""What tests share: each harness once."""
