"""Scoped defaults: a value and its origin for every field of a form.

Explicit beats the nearest scope, which beats those around it, which beat the form's own default; within one scope the
op beats its group. null is a value. What has an error is UNKNOWN, or None in place of a form; it is reported already.
"""

from archspec.compiler.resolve.forms import unknown_field
from archspec.compiler.resolve.resolver import Resolver
from archspec.compiler.resolve.values import quiet, tensors_read
from archspec.compiler.resolve.written import Frame, Frames, Written, origin_of

__all__ = ["Frame", "Frames", "Resolver", "Written", "origin_of", "quiet", "tensors_read", "unknown_field"]
