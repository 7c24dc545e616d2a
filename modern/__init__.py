"""The modern chat: AES-256-CBC and HMAC-SHA256 over every field of every frame.

Sound in its parts, and still not for real secrets: nothing counts frames, one key serves both
directions, and the keys are one fast hash of what was typed. The notebooks show what that costs.
"""
