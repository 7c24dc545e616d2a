"""Makes recorded facts anew, from specifications alone: nothing of the packages is imported."""
