"""A stand-in for GitHub: bare repositories over git's smart HTTP, webhooks, and the part of the REST API that AWS
CodePipeline calls. A real git client and CodePipeline find what they would find at github.com.
"""
