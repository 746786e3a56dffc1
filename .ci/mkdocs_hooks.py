"""Links of the pages to files outside of docs/, which the site does not have.

They lead to DOCS_REPOSITORY, such as https://forge.example/rtproject/blob/main; without it they are plain text.
"""

import os
import re
from typing import Any

REPOSITORY = os.environ.get("DOCS_REPOSITORY", "").rstrip("/")
OUTSIDE = re.compile(r"\[([^\]]+)\]\(\.\./([^)\s]+)\)")


def on_page_markdown(markdown: str, **_: Any) -> str:
    """MkDocs calls this for each page."""
    return OUTSIDE.sub(rf"[\1]({REPOSITORY}/\2)" if REPOSITORY else r"\1", markdown)
