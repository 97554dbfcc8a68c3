"""What `lab watch` is made of: changes and keys come in, the screen shows what they did."""
