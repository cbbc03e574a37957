"""Start-up: from the process to its first 200, against a bare Gradio Blocks app, in turn."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from tests.house import ROOT, free_port

RUNS = 5
GOAL = 1.15
BARE = """
import sys, gradio as gr
with gr.Blocks(analytics_enabled=False) as demo:
    text = gr.Textbox(); gr.Button("Go").click(lambda text: text, text, text)
demo.launch(server_port=int(sys.argv[1]), quiet=True, ssr_mode=False)
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        bare = Path(folder, "bare.py")
        bare.write_text(BARE)
        ours: list[float] = []
        theirs: list[float] = []
        for run in range(RUNS + 1):
            theirs.append(_seconds([str(bare)], {}))
            ours.append(_seconds(["app.py"], {"FIRSTFRAME_DATA": f"{folder}/data"}))
            if run == 0:
                ours.clear()
                theirs.clear()
    mine, other = statistics.median(ours), statistics.median(theirs)
    sys.stdout.write(
        f"process to first 200, median of {RUNS}: {mine:.2f} s, bare Blocks {other:.2f} s, "
        f"ratio {mine / other:.2f} (goal {GOAL})\n"
    )


def _seconds(arguments: list[str], settings: dict[str, str]) -> float:
    port = free_port()
    environment = os.environ | settings | {"GRADIO_SERVER_PORT": str(port), "GRADIO_ANALYTICS_ENABLED": "False"}
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *arguments, str(port)], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL
    )
    try:
        while True:
            try:
                with urlopen(f"http://127.0.0.1:{port}/"):
                    return time.perf_counter() - begun
            except URLError:
                time.sleep(0.01)
    finally:
        process.kill()
        process.wait()


if __name__ == "__main__":
    main()
