"""AES in the modes that this project uses."""
