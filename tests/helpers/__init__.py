"""What the tests share: classes, hubs, copies and inputs made for them."""
