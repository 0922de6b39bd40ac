"""What stands in for GitHub: bare repositories over git's smart HTTP, webhooks, and the part of the REST API that
AWS CodePipeline asks. A real git client and CodePipeline's own calls find what they would find at github.com.
"""
