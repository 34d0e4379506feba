"""Forms that are not ops: initializers, losses, optimizers, schedules, preprocessing steps, data, metrics, sections."""
