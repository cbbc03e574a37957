"""How long our own tasks took: what the pace of looking is learnt from."""

from typing import Final

from client.schema import VideoRequest
from jobs.job import Job
from jobs.store import Store
from jobs.window import Took

REMEMBERED: Final = 30
"""Of the newest tasks of the same kind."""
LOOKED_THROUGH: Final = 1000
"""Of the newest rows."""

_TOOK = f"""
SELECT COALESCE(ready, ended) - submitted AS took, estimated_seconds FROM job
WHERE rowid > (SELECT MAX(rowid) FROM job) - {LOOKED_THROUGH}
  AND kind = ? AND key_mark IS ?
  AND json_extract(request, '$.quality') IS ? AND json_extract(request, '$.duration') IS ?
  AND state IN ('ready', 'downloading', 'done') AND took > 0
ORDER BY rowid DESC LIMIT {REMEMBERED}
"""


async def took(store: Store, job: Job) -> list[Took]:
    """The newest tasks like this one: same key (or sandbox), kind, quality and seconds. Raises sqlite3.Error."""
    request = job.request
    quality, seconds = (request.quality, request.duration) if isinstance(request, VideoRequest) else (None, None)
    return [Took(*row) for row in await store.figures(_TOOK, job.kind.value, job.key_mark, quality, seconds)]
