"""The worker: the only code that knows both the web service (`app`) and the learning core (`ml`)."""
