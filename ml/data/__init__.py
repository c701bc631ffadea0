"""Pictures and answers for training.

dataset.py   a pool decoded once into arrays
augment.py   random affine views, on whole batches
folder.py    the common layout: reader and writer
sources.py   any layout, recognised by its files; conversion to the common layout
hgr1.py      HGR1 hands as published
pts300w.py   300W faces: .pts files beside images
mtfl.py      MTFL faces: text lists
aflw.py      AFLW faces: text lists
lists.py     what these readers share
values.py    numbers and names in their text
blocks.py    the paper's synthetic Blocks
shapes.py    the paper's synthetic Shapes
synthetic.py what these two share: drawing, placing and writing
split.py     validation side by content hash, class-balanced labelled subset
"""
