"""What an operation needs in all."""
