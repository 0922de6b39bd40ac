"""Variables in an action's configuration."""

import pytest

from localcloud.services.codepipeline.variables import UnresolvedVariableError, references, resolve, resolve_all

VARIABLES = {"Source": {"CommitId": "abc"}, "codepipeline": {"PipelineExecutionId": "1-2"}, "Empty": {}}


def test_resolve() -> None:
    """Every reference is replaced, several in one text too; other text stays."""
    text = '[{"name":"COMMIT","value":"#{Source.CommitId}-#{codepipeline.PipelineExecutionId}"}] ${x} #{no}'

    assert resolve(text, VARIABLES) == '[{"name":"COMMIT","value":"abc-1-2"}] ${x} #{no}'


def test_a_value_is_not_resolved_again() -> None:
    """A commit message that looks like a reference stays what it is."""
    assert resolve("#{S.M}", {"S": {"M": "#{S.Secret}", "Secret": "x"}}) == "#{S.Secret}"


@pytest.mark.parametrize(
    ("text", "known"),
    [("#{Source.Nope}", "has CommitId"), ("#{Nope.CommitId}", "has no variables"), ("#{Empty.X}", "has no variables")],
)
def test_unresolved(text: str, known: str) -> None:
    """The error names the reference and what the namespace has instead."""
    with pytest.raises(UnresolvedVariableError, match=known) as error:
        resolve_all({"Key": text}, VARIABLES)

    assert text in str(error.value)


def test_references() -> None:
    """Names may hold dashes, underscores and @."""
    assert list(references("#{a-b.c_d} and #{x@1.Y}")) == [("a-b", "c_d"), ("x@1", "Y")]
