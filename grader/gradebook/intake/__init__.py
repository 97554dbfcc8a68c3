"""What a download of submissions holds: who handed in what, and when."""
