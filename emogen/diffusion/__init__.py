"""Backbones, schedules, samplers, objective and guidance: tensors in, tensors out."""
