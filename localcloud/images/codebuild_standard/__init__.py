"""What stands in for the images ``aws/codebuild/standard:*`` and ``aws/codebuild/amazonlinux*-standard:*``."""
