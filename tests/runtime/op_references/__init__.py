"""What each op computes, in NumPy and double precision."""

from __future__ import annotations

from tests.runtime.op_references import computed, elementwise, norms, sequences, shapes, windows

REFERENCES = {
    **elementwise.REFERENCES,
    **computed.REFERENCES,
    **windows.REFERENCES,
    **norms.REFERENCES,
    **shapes.REFERENCES,
    **sequences.REFERENCES,
}
