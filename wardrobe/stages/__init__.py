"""One file per step: what a model must do (its Protocol) and what we do with the answer."""
