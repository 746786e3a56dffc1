"""`.env.example`, made from the declared settings."""

import sys

from rtproject import settings as settings
from rtproject.environment import DECLARED

HEAD = """# Settings for `docker --env-file`, systemd's EnvironmentFile= or a shell; an empty one has its default.
# See docs/deployment.md. A line may hold no comment after its value.
"""


def env_example() -> str:
    """Return the text of the file."""
    each = (f"# {line} Default: {default}\n#{name}=\n" for name, (default, line) in DECLARED.items())
    return "\n".join([HEAD, *each])


if __name__ == "__main__":
    sys.stdout.write(env_example())
