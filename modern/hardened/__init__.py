"""The third chat: the same AES and HMAC as in the modern chat, put together in a sounder way.

Nobody can test passphrases offline. Each direction has its own keys. Records have numbers and one
size. Only the peer can say its end. For learning, and still not for real secrets: README.md says
what stays open.
"""
