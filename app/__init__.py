"""The web service. Never imports torch, celery or worker; of `ml` only `ml.serve`."""

__version__ = "0.1.0"
