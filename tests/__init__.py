"""Tests. What fails in a module beside them tells the values seen, as it does in the tests themselves."""

import pytest

pytest.register_assert_rewrite("tests.clouds", "tests.e2e", "tests.left_over", "tests.local", "tests.unit")
