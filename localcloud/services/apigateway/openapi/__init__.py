"""APIs from OpenAPI documents, versions 2.0 and 3.0, with AWS's extensions. What is not known is refused by name."""
