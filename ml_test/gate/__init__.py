"""The gate's judgement: pure functions of the test rows and the answers to them, with no AWS in it."""
