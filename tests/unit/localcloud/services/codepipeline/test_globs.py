"""Glob patterns of trigger filters, by the rules of the CodePipeline user guide."""

import pytest

from localcloud.services.codepipeline import globs


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("*.java", "A.java", True),
        ("*.java", "a/A.java", False),
        ("*.{java,class}", "A.class", True),
        ("*.{java,class}", "A.clas", False),
        ("foo.?", "foo.c", True),
        ("foo.?", "foo.cc", False),
        ("**", "a/b/c", True),
        ("docs/**", "docs/a/b", True),
        ("docs/**", "docs", False),
        ("docs/*", "docs/a/b", False),
        ("common/**/*.js", "common/a/b.js", True),
        ("**/README.md", "README.md", False),
        ("{a,b/**}/x", "b/c/x", True),
        ("[a-c]/[!x]", "b/y", True),
        ("[a-c]/[!x]", "b/x", False),
        ("[!x]", "/", False),
        ("[-a]", "-", True),
        ("[*?\\]", "\\", True),
        (r"\*\{", "*{", True),
        ("a,b}", "a,b}", True),
        ("a.b", "axb", False),
        ("feature/**", "feature/one", True),
    ],
)
def test_what_a_pattern_fits(pattern: str, text: str, *, fits: bool) -> None:
    """One star stays in a folder, two cross folders; sets, groups and the backslash are as documented."""
    assert globs.matches(pattern, text) is fits


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("{a,{b,c}}", "nested"),
        ("{a", "not closed"),
        ("[a", "not closed"),
        ("a\\", "nothing follows"),
        ("[z-a]", "range z-a is empty"),
    ],
)
def test_what_is_no_pattern(pattern: str, words: str) -> None:
    """A pattern that cannot be read is a ValueError that says why."""
    with pytest.raises(ValueError, match=words):
        globs.matches(pattern, "")
