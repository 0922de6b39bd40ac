"""What each action type does. An action is a function from its context to an outcome; it raises ActionFailedError."""
