"""IAM's decision: which policies apply to a request, and what they say together.

It reads moto's state and the documents of our services, and changes neither. It answers no operation but those that ask
for a decision, and opens no connection.
"""
