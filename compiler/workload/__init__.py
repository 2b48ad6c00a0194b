"""Workloads: request traces to memory demand over time."""
