"""The paper's tables with our numbers, from nothing: data, training runs, table, plot and sheet.

systems.py     what can be studied: a network with its settings, by name
sets.py        the data: generated Blocks or Shapes, or a folder in the common layout
overrides.py   settings of FitConfig given by hand
cells.py       one training run of a table and its file
plan.py        which cells are asked for, which of them are there already, in which order the rest runs
runner.py      runs cells in processes of their own, shows progress, survives failures
paper.py       the paper's numbers
rows.py        cells -> rows of means beside the paper's numbers
value.py       what an attribute label and an unlabelled image are worth in landmark labels
table.py       `study table`: the whole of it, and the files that it leaves
report.py      rows as Markdown and for the screen
plots.py       error against labels as SVG
sheet.py       predictions beside the truth as PNG
command.py     the command line's options

`python -m ml study table --help`.
"""
