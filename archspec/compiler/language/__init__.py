"""What a spec can say: types, fields, forms, ops and expressions."""
