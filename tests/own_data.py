"""Where the data lie that a project reads and does not ship."""

from pathlib import Path


def data_folder(project: Path) -> Path:
    """Beside the project: ``make push`` looks there, and no commit has it."""
    folder = project.parent / "shared" / "data"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
