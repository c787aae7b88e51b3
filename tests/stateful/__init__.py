"""Random histories of an office, held against a model of the convention."""
