"""Function URLs: their settings, and the requests to them."""
