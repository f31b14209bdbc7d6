"""MC-JEPA in plain PyTorch: the oracle that the C++ model is held against.

Written for reading, not for speed: every operation is spelt out with tensor primitives, so that a
mistake in an optimised kernel cannot hide behind the same optimised kernel here.
"""
