"""Layer 2, the networks: the only place that knows TensorFlow, imported inside functions when first used."""
