"""What all tests share."""

from hypothesis import settings

# A slow moment of a busy machine is no failure of ours.
settings.register_profile("tilde-to-tag", deadline=None)
settings.load_profile("tilde-to-tag")
