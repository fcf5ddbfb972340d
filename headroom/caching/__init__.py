"""Providers' prompt caches: their rules as data, what they would bill, and where marks belong."""
