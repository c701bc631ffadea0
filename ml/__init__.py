"""The learning core: networks, losses, training and serving of landmark networks.

A library of its own: it knows nothing of the web service, its database or its queue. `types` holds the
pool (`Manifest`, `Sample`), `config` the frozen settings, `train.fit` the loop, `serve` the predictor that
needs no torch.
"""
