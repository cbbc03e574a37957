import asyncio

from jobs.clock import SystemClock


async def test_sleeping_ends_with_the_time_or_with_the_event():
    clock, event = SystemClock(), asyncio.Event()
    before = clock.monotonic()
    await clock.sleep(0.01)
    await clock.sleep(0.01, until=event)
    assert clock.monotonic() - before >= 0.02
    asyncio.get_running_loop().call_later(0.01, event.set)
    await asyncio.wait_for(clock.sleep(3600, until=event), 30)
    await asyncio.wait_for(clock.sleep(3600, until=event), 30)
    assert clock.now() > 1_700_000_000
