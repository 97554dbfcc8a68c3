"""Classes of submissions, and the pages about them."""
