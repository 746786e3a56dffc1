"""A chat on Nchan, a module of nginx in C: `python -m benchmarks.baselines.nchan_chat PORT`."""

import os
import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks.subjects import NCHAN

CONFIGURATION = """
load_module {module};
daemon off; master_process off; pid {folder}/pid; error_log stderr crit;
events {{ worker_connections 20000; }}
http {{
    access_log off;
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        location ~ ^/ws/(\\w+)$ {{
            nchan_pubsub websocket;
            nchan_channel_id $1;
            nchan_subscriber_first_message newest;
            nchan_message_buffer_length 5;
        }}
    }}
}}
"""

folder = Path(tempfile.gettempdir(), "rtproject-nchan")
folder.mkdir(exist_ok=True)
configuration = folder / "nginx.conf"
configuration.write_text(CONFIGURATION.format(module=NCHAN.needs, folder=folder, port=sys.argv[1]))
os.execv(shutil.which("nginx"), ["nginx", "-p", folder, "-c", configuration])  # noqa: S606
