"""Pictures and answers for training.

dataset.py   a pool decoded once into arrays
augment.py   random affine views, on whole batches
folder.py    the common layout: reader and writer
blocks.py    the paper's synthetic Blocks
split.py     validation side by content hash, class-balanced labelled subset
"""
