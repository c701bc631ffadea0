"""Images: content-addressed files, measured upright, with a thumbnail and a descriptor for the queue."""
