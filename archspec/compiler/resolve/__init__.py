"""Scoped defaults: a value and its origin for every field of a form.

Explicit beats the nearest scope, which beats those around it, which beat the form's own default; within one scope the
op beats its group. null is a value.
"""

from archspec.compiler.resolve.forms import unknown_field
from archspec.compiler.resolve.resolver import Resolver
from archspec.compiler.resolve.values import quiet
from archspec.compiler.resolve.written import Broken, Frame, Frames, Said, origin_of

__all__ = ["Broken", "Frame", "Frames", "Resolver", "Said", "origin_of", "quiet", "unknown_field"]
