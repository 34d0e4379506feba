"""Trained weights as files of any kind: read by one function, renamed, compared, recognised, and written."""
