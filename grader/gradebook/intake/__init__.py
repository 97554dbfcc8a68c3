"""What a download of hand-ins holds: who handed in what, and when."""
