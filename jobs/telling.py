"""A line in the log for each move of a job. It tells nothing of what was asked for, nor by whom."""

import logging

from jobs.job import Job
from jobs.states import State

logger = logging.getLogger(__name__)


def tell(job: Job, before: State | None) -> None:
    """That the job came from one state to where it is; from none when it is new."""
    said = {
        "job": job.id,
        "kind": job.kind.value,
        "from": before.value if before else None,
        "to": job.state.value,
        "task_id": job.task_id,
        "code": job.trouble.code if job.trouble else None,
    }
    logger.info("Job %s: %s -> %s", job.id, said["from"] or "nothing", said["to"], extra=said)
