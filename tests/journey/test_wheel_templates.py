"""What is installed is whole: templates and the demonstration's posts travel in the wheel."""

import importlib.util
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.requirements import require

PROJECT = Path(__file__).parents[2]

RENDER = """
import sys
from datetime import UTC, datetime
from pathlib import Path

import newsletter
from newsletter.issues.rendering import Masthead, render_notice
from newsletter.issues.templating import Templates, shipped

masthead = Masthead(title="Tide Notes", sender="Tide Notes", date=datetime(2026, 11, 23, tzinfo=UTC))
print(Path(newsletter.__file__).parent)
print(shipped())
print(render_notice("welcome", masthead, Templates(None)).subject)
print(len(list((Path(newsletter.__file__).parent / "demo/site/posts").glob("*.md"))))
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel, without network, and unpack it as an installer would."""
    require("hatchling", importlib.util.find_spec("hatchling"))
    built = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(built)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    [wheel] = built.glob("*.whl")
    site = tmp_path_factory.mktemp("site-packages")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    return site


def run_installed(installed: Path, elsewhere: Path) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", RENDER],
        cwd=elsewhere,
        env={"PYTHONPATH": str(installed), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_a_mail_is_rendered_from_the_wheel_alone(installed: Path, tmp_path: Path) -> None:
    """Proves that an installed newsletter finds its own templates and posts, with no checkout around."""
    package, templates, subject, posts = run_installed(installed, tmp_path)
    assert Path(package) == installed / "newsletter"
    assert Path(templates) == installed / "newsletter/templates"
    assert subject == "Welcome to Tide Notes"
    assert int(posts) >= 12


def test_a_folder_called_templates_beside_the_package_is_not_ours(installed: Path, tmp_path: Path) -> None:
    """Proves that another distribution's top-level `templates` is never taken for ours."""
    stranger = installed / "templates/email/welcome"
    stranger.mkdir(parents=True)
    (stranger / "subject.txt").write_text("Not ours", encoding="utf-8")
    assert "Welcome to Tide Notes" in run_installed(installed, tmp_path)
