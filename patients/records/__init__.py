"""What patients send: uploads that resume, files encrypted at rest, and what the product reads in them."""
