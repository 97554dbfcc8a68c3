"""One dialog on its way through the whole lab: collected once, shown in the terminal or as a page."""
