"""API Gateway's REST APIs: what is defined, deployed as unchangeable snapshots, and served at virtual hosts.

``control/`` answers the operations, ``serving/`` the requests to the APIs. They share the documents in ``apis.py``.
"""
