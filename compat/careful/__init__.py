"""The old protocol without lost messages: old programs lose none of ours, and we lose none."""
