"""A rehearsal from the call to the file, start of its process included: wall seconds over seconds of film."""

import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

from client.schema import VideoRequest
from sandbox.rehearse import rehearse
from tests.pictures import GROOT, TOWER

RUNS = 5
GOAL = 0.4
"""2 s for a film of 5 s."""
PICTURES = {"upload:groot.jpeg": GROOT, "upload:tower.jpg": TOWER}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, "film.mp4")
        for sound in ("off", "on"):
            for seconds in (5, 10, 15):
                for shots in (1, min(6, seconds)):
                    took = statistics.median(_seconds(_asked(seconds, shots, sound), target) for _ in range(RUNS))
                    sys.stdout.write(
                        f"{seconds:>2} s, {shots} shots, sound {sound}: median of {RUNS} {took:.2f} s, "
                        f"ratio {took / seconds:.2f} (goal {GOAL})\n"
                    )
                    sys.stdout.flush()


def _seconds(request: VideoRequest, target: Path) -> float:
    begun = time.perf_counter()
    asyncio.run(rehearse(request, PICTURES, target, lambda share: None))
    return time.perf_counter() - begun


def _asked(seconds: int, shots: int, sound: str) -> VideoRequest:
    lengths = [seconds // shots + (place < seconds % shots) for place in range(shots)]
    written = [
        {"index": place, "prompt": f"The camera drifts over <<<image_{place % 2 + 1}>>>", "duration": length}
        for place, length in enumerate(lengths, 1)
    ]
    first, second = PICTURES
    return VideoRequest.model_validate(
        {
            "image_start": first,
            "image_urls": [second],
            "duration": seconds,
            "sound": sound,
            "model_params": {"multi_shot": True, "shot_type": "customize", "multi_prompt": written},
        }
    )


if __name__ == "__main__":
    main()
