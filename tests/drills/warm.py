"""What a process would load for its first job, loaded once for all rooms and all forks: it takes longer than a job."""

import functools
import ssl
from importlib import import_module

import httpx

LATE = ("anyio._backends._asyncio", "anyio.to_thread", "av.subtitles.stream", "encodings.ascii", "httpcore")


def warm_up() -> None:
    """Also has certificates read only once from now on."""
    for name in LATE:
        import_module(name)
    if not hasattr(ssl.create_default_context, "cache_info"):
        ssl.create_default_context = functools.cache(ssl.create_default_context)
    httpx.create_ssl_context()
