"""SHA-256, and HMAC with it."""
