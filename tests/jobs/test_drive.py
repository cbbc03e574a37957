import asyncio
import json
import sqlite3
from dataclasses import replace

import pytest

from client.errors import (
    DeliveryError,
    DiskFull,
    KeyRefused,
    LinkExpired,
    NotAVideo,
    NotFound,
    NotSent,
    OutcomeUnknown,
    OutOfCredits,
    PictureError,
    Refused,
    TooManyRequests,
    Unavailable,
)
from jobs.drive import drive
from jobs.states import Money, State
from tests.jobs.fakes import LINK, MP4, NAME, OTHER_NAME, element, element_request, finished, job, request, task


@pytest.fixture
def go(means, store):
    """Drives a job in a state to its rest; what a watcher would have seen is in `go.seen`."""

    async def go(state=State.NEW, *, poke=None, **fields):
        if state in {State.SUBMITTED, State.STALLED, State.READY, State.DOWNLOADING}:
            fields = {"task_id": "task-unified-1-abc", "submitted": 1000.0, "estimated_seconds": 300.0, **fields}
        if state in {State.READY, State.DOWNLOADING}:
            fields = {"link": LINK, "ready": 1000.0, **fields}
        made = await store.add(job(state=state, **fields))
        with store.watchers.listening(made.id) as news:
            ended = await drive(made, means, poke)
        go.seen = [made] + [news.get_nowait() for _ in range(news.qsize())]
        assert await store.job(made.id) == ended
        return ended

    return go


def states(seen):
    return list(dict.fromkeys(record.state for record in seen))


def troubles(seen):
    codes = [record.trouble.code if record.trouble else "" for record in seen]
    return [code for code, before in zip(codes, [None, *codes], strict=False) if code != before]


async def test_from_click_to_file(go, service, delivery, store, means, tmp_path):
    two = request(image_end=f"upload:{OTHER_NAME}")
    service.submit_answers = [task("pending", task_info={"estimated_time": 300}, usage={"credits_reserved": 27})]
    settled = {"reserved_credits": 0, "charged_credits": 26.5}
    service.task_answers = [task(progress=10), task(progress=70), finished(billing=settled)]
    done = await go(request=two)
    assert states(go.seen) == ["new", "submitting", "submitted", "ready", "downloading", "done"]
    assert service.uploads == [(f"{done.id}-{NAME}", "image/jpeg"), (f"{done.id}-{OTHER_NAME}", "image/png")]
    (body, key) = service.posts[0]
    assert json.loads(body) == two.body(done.uploads)
    assert body.decode() == done.body
    assert key == done.idempotency_key
    assert (done.task_id, done.progress, done.estimated_seconds) == ("task-unified-1-abc", 100, 300)
    assert (done.credits_reserved, done.credits_charged) == (27, 26.5)
    assert (done.video, done.trouble, delivery.links) == (f"{done.id}.mp4", None, [LINK])
    assert means.shelf.video(done.id).read_bytes() == MP4
    assert None not in (done.submitted, done.ready, done.ended)


async def test_the_row_and_the_body_are_written_before_the_request_goes_out(go, service, store):
    async def look_at_the_row():
        written = await store._on_thread(lambda: store._select("1 = 1"))
        assert [(row.state, bool(row.body)) for row in written] == [(State.SUBMITTING, True)]
        return task()

    service.submit_answers = [look_at_the_row]
    assert (await go()).state is State.DONE


async def test_a_picture_used_twice_goes_up_once(go, service):
    await go(request=request(image_urls=[f"upload:{NAME}", "https://example.org/p.png"]))
    assert len(service.uploads) == 1


async def test_uploads_already_made_are_not_made_again(go, service):
    known = {NAME: "https://files.example.org/known"}
    done = await go(uploads=known)
    assert service.uploads == []
    assert json.loads(done.body)["image_start"] == known[NAME]


async def test_uploads_too_old_to_be_relied_on_are_made_again(go, service, clock):
    clock.passed = 49 * 3600
    await go(uploads={NAME: "https://files.example.org/known"})
    assert len(service.uploads) == 1


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Unavailable("Down."), "unreachable"),
        (NotSent("Down."), "unreachable"),
        (OutcomeUnknown("Down."), "unreachable"),
        (KeyRefused("No.", code="unauthorized"), "unauthorized"),
        (TooManyRequests("Slow."), "refused"),
        (PictureError("Odd.", code="picture_type"), "picture_type"),
    ],
)
async def test_pictures_that_do_not_go_up_end_it_before_anything_is_ordered(go, service, error, code):
    service.upload_answers = [error]
    ended = await go()
    assert (ended.state, ended.trouble.code, ended.money) == (State.REJECTED, code, Money.NOT_CHARGED)
    assert service.posts == []


@pytest.mark.parametrize("name", ["c" * 64 + ".jpg", "never-kept.jpg"])
async def test_a_picture_that_is_not_on_the_shelf(go, service, name):
    ended = await go(request=request(image_start=f"upload:{name}"))
    assert (ended.state, ended.trouble.code) == (State.REJECTED, "picture_gone")
    assert service.posts == []


async def test_a_refusal_is_final_and_free(go, service):
    service.submit_answers = [OutOfCredits("No credits.", code="insufficient_quota", detail="top up", request_id="r1")]
    ended = await go()
    assert (ended.state, ended.money, len(service.posts)) == (State.REJECTED, Money.NOT_CHARGED, 1)
    assert (ended.trouble.code, ended.trouble.sentence) == ("insufficient_quota", "No credits.")
    assert (ended.trouble.detail, ended.trouble.request_id) == ("top up", "r1")
    assert ended.ended is not None


async def test_what_did_not_leave_is_sent_again_and_then_left(go, service, clock):
    service.submit_answers = [NotSent("No way.", detail="refused")]
    ended = await go()
    assert (ended.state, ended.trouble.code, ended.trouble.detail) == (State.REJECTED, "unreachable", "refused")
    assert len(service.posts) == 4
    assert clock.slept == [1, 2, 4]
    assert len(set(service.posts)) == 1
    assert troubles(go.seen) == ["", *["unreachable_for_now", ""] * 3, "unreachable"]


async def test_the_network_comes_back_in_time(go, service):
    service.submit_answers = [NotSent("No way."), task()]
    assert (await go()).state is State.DONE
    assert troubles(go.seen) == ["", "unreachable_for_now", ""]


@pytest.mark.parametrize(("asked", "waited"), [(None, 10), (30, 30), (900, 120)])
async def test_a_busy_service_is_asked_once_more_after_a_visible_wait(go, service, clock, asked, waited):
    service.submit_answers = [TooManyRequests("Slow.", retry_after=asked), task()]
    assert (await go()).state is State.DONE
    assert clock.slept[0] == waited
    assert troubles(go.seen) == ["", "waiting", ""]
    assert len(service.posts) == 2


async def test_a_service_that_stays_busy_has_refused(go, service):
    service.submit_answers = [TooManyRequests("Slow.", code="rate_limit_exceeded")]
    ended = await go()
    assert (ended.state, ended.trouble.code, len(service.posts)) == (State.REJECTED, "rate_limit_exceeded", 2)


async def test_a_lost_answer_is_never_asked_for_again(go, service):
    service.submit_answers = [OutcomeUnknown("Lost.", code="paid_outcome_unknown", detail="cut")]
    ended = await go()
    assert (ended.state, ended.money, len(service.posts)) == (State.UNKNOWN, Money.UNKNOWN, 1)
    assert (ended.trouble.code, ended.trouble.detail) == ("outcome_unknown", "paid_outcome_unknown cut")


async def test_whoever_finds_a_job_in_the_middle_of_its_order_does_not_order_again(go, service):
    ended = await go(State.SUBMITTING, body="{}")
    assert (ended.state, ended.trouble.code, service.posts) == (State.UNKNOWN, "interrupted", [])


async def test_a_task_id_that_only_reached_the_journal_is_taken_up(go, service, store):
    lost = job(state=State.SUBMITTING, body="{}")
    store._journal.append(job=lost.id, task="task-unified-1-abc")
    ended = await go(State.SUBMITTING, **{"body": "{}", "id": lost.id})
    assert (ended.state, ended.task_id, service.posts) == (State.DONE, "task-unified-1-abc", [])


async def test_a_task_id_is_kept_in_hand_until_the_disk_takes_it(go, service, store, monkeypatch, clock, caplog):
    write, failures = store._write, [sqlite3.OperationalError("database or disk is full"), OSError("full")]

    def sometimes(before, after):
        if after.state is State.SUBMITTED and failures:
            raise failures.pop()
        return write(before, after)

    monkeypatch.setattr(store, "_write", sometimes)
    assert (await go()).state is State.DONE
    assert len(service.posts) == 1
    assert clock.slept[:2] == [2, 2]
    assert "task-unified-1-abc" in caplog.text


@pytest.mark.parametrize(("other", "ends"), [(State.UNKNOWN, State.DONE), (State.REJECTED, State.REJECTED)])
async def test_evidence_counts_even_if_somebody_else_gave_up_meanwhile(go, service, store, other, ends):
    async def given_up_meanwhile():
        (row,) = await store.open_jobs()
        await store.write(row, replace(row, state=other))
        return task()

    service.submit_answers = [given_up_meanwhile]
    assert (await go()).state is ends


async def test_progress_only_grows(go, service):
    service.task_answers = [task(progress=n) for n in (5, 3, 60, 0, "150%", 80)] + [finished()]
    await go(State.SUBMITTED)
    shown = [record.progress for record in go.seen]
    assert shown == sorted(shown)
    assert set(shown) == {0, 5, 60, 100}


async def test_a_state_nobody_knows_is_no_end(go, service):
    service.task_answers = [task("dreaming"), task("pending"), finished()]
    assert (await go(State.SUBMITTED)).state is State.DONE


async def test_the_estimate_and_the_money_come_from_whoever_tells_them_first(go, service):
    service.task_answers = [
        task(task_info={"estimated_time": 60}, usage={"credits_reserved": 5.4}),
        task(task_info={"estimated_time": 20}),
        finished(usage={"credits_used": 5.4}),
    ]
    done = await go(State.SUBMITTED, estimated_seconds=None)
    assert (done.estimated_seconds, done.credits_reserved, done.credits_charged) == (60, 5.4, 5.4)


async def test_a_task_that_failed(go, service):
    error = {"code": "content_policy_violation", "message": "No\nfamous people\u202e", "type": "task_error"}
    service.task_answers = [task("failed", error=error, request_id="r2")]
    ended = await go(State.SUBMITTED)
    assert (ended.state, ended.money) == (State.FAILED, Money.NOT_CHARGED)
    assert (ended.trouble.code, ended.trouble.detail) == ("content_policy_violation", "No famous people")
    assert "famous" not in ended.trouble.sentence
    assert ended.trouble.request_id == "r2"


async def test_a_task_that_failed_without_a_reason(go, service):
    service.task_answers = [task("failed", error=None)]
    assert (await go(State.SUBMITTED)).trouble.code == "unknown_error"


async def test_a_task_that_was_cancelled(go, service):
    service.task_answers = [task("cancelled")]
    assert (await go(State.SUBMITTED)).state is State.CANCELLED


async def test_completed_with_empty_results_is_looked_at_five_times_more(go, service, clock):
    service.task_answers = [task("completed", progress=100)]
    ended = await go(State.SUBMITTED, poke=set_event())
    assert (ended.state, ended.trouble.code, ended.money) == (State.FAILED, "no_file", Money.UNKNOWN)
    assert service.reads == 6
    assert sum(clock.slept) == 120


async def test_a_file_that_comes_late(go, service):
    service.task_answers = [task("completed"), task("completed", results=[{"url": LINK}])]
    assert (await go(State.SUBMITTED)).state is State.DONE


async def test_an_element_from_click_to_id(go, service, delivery, tmp_path):
    service.submit_answers = [task("pending", task_info={"estimated_time": 30}, usage={"credits_reserved": 1})]
    service.task_answers = [task(progress=50), element()]
    done = await go(request=element_request())
    assert states(go.seen) == ["new", "submitting", "submitted", "done"]
    assert service.uploads == [(f"{done.id}-{NAME}", "image/jpeg"), (f"{done.id}-{OTHER_NAME}", "image/png")]
    assert [json.loads(body) for body, _ in service.posts] == [element_request().body(done.uploads)]
    assert (done.element_id, done.progress, done.money) == ("830012345678", 100, Money.CHARGED)
    assert (done.video, done.link, done.trouble, delivery.links) == (None, None, None, [])
    assert done.ended is not None
    journal = [json.loads(line) for line in (tmp_path / "journal.jsonl").read_text().splitlines()]
    assert [(line["state"], line["task"]) for line in journal] == [
        ("submitting", None),
        ("submitted", "task-unified-1-abc"),
        ("done", "task-unified-1-abc"),
    ]


@pytest.mark.parametrize("state", [State.SUBMITTED, State.STALLED])
async def test_an_element_whose_id_comes_late(go, service, clock, state):
    service.task_answers = [task("completed"), finished(), element()]
    done = await go(state, request=element_request())
    assert (done.state, done.element_id, done.trouble) == (State.DONE, "830012345678", None)
    assert clock.slept == [5, 10]


async def test_an_element_without_an_id_is_looked_at_five_times_more(go, service, delivery, clock):
    service.task_answers = [finished()]
    ended = await go(State.SUBMITTED, request=element_request())
    assert (ended.state, ended.trouble.code, ended.money) == (State.FAILED, "no_element", Money.UNKNOWN)
    assert (service.reads, sum(clock.slept), delivery.links) == (6, 120, [])


async def test_an_id_is_no_file(go, service):
    service.task_answers = [element()]
    ended = await go(State.SUBMITTED)
    assert (ended.trouble.code, ended.element_id) == ("no_file", None)


async def test_misses_are_waited_out_without_end_and_noted_after_the_third(go, service, clock):
    service.task_answers = [Unavailable("Down.")] * 20 + [NotSent("Down."), finished()]
    assert (await go(State.SUBMITTED)).state is State.DONE
    assert clock.slept == [5, 10, 20, 40] + [60] * 17
    assert troubles(go.seen) == ["", "unreachable_for_now", ""]


async def test_three_misses_are_not_worth_a_word_if_they_are_not_in_a_row(go, service):
    down = Unavailable("Down.")
    service.task_answers = [down, down, task(), down, down, NotFound("?"), down, down, finished()]
    await go(State.SUBMITTED)
    assert troubles(go.seen) == [""]


async def test_a_busy_service_sets_the_pace_of_looking(go, service, clock):
    service.task_answers = [TooManyRequests("Slow.", retry_after=45), Unavailable("Down.", retry_after=1), finished()]
    await go(State.SUBMITTED)
    assert clock.slept == [45, 10]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (KeyRefused("The key was refused.", code="unauthorized"), "key_refused"),
        (Refused("No.", code="quota_exceeded"), "quota_exceeded"),
    ],
)
async def test_a_refused_reading_is_no_end(go, service, clock, error, code):
    service.task_answers = [error, error, task(), finished()]
    assert (await go(State.SUBMITTED)).state is State.DONE
    assert clock.slept[:2] == [60, 60]
    assert troubles(go.seen) == ["", code, ""]


async def test_a_task_that_is_not_known_yet(go, service, clock):
    service.task_answers = [NotFound("?")] * 14 + [finished()]
    assert (await go(State.SUBMITTED)).state is State.DONE
    assert State.STALLED not in states(go.seen)
    assert clock.passed < 120


async def test_a_task_that_stays_unknown_is_stalled_and_may_still_turn_up(go, service, clock):
    service.task_answers = [NotFound("?")] * 30 + [task(), finished()]
    assert (await go(State.SUBMITTED)).state is State.DONE
    assert states(go.seen) == ["submitted", "stalled", "ready", "downloading", "done"]
    assert troubles(go.seen) == ["", "task_not_found", "stalled", ""]
    stalled = next(record for record in go.seen if record.state is State.STALLED)
    assert 1120 < stalled.changed < 1130


async def test_no_end_in_sight(go, service, clock):
    clock.began = 1000 + 7100

    def late():
        return finished() if clock.passed > 40 * 3600 else task(progress=99)

    service.task_answers = [late]
    assert (await go(State.SUBMITTED)).state is State.DONE
    assert troubles(go.seen) == ["", "stalled", ""]
    stalled = next(record for record in go.seen if record.state is State.STALLED)
    assert 7200 < stalled.changed - 1000 <= 7208
    assert max(clock.slept) == 3600


async def test_a_job_taken_up_after_a_long_stop_looks_before_it_judges(go, service, clock):
    clock.began = 1000 + 48 * 3600
    assert (await go(State.SUBMITTED)).state is State.DONE
    assert State.STALLED not in states(go.seen)


async def test_a_wall_clock_that_jumps_does_not_age_a_job(go, service, clock):
    def jump():
        clock.jump = 48 * 3600
        return task()

    service.task_answers = [task(), jump, task(), finished()]
    await go(State.SUBMITTED)
    assert State.STALLED not in states(go.seen)


async def test_a_wall_clock_set_back_does_no_harm(go, clock):
    clock.jump = -48 * 3600
    assert (await go(State.SUBMITTED)).state is State.DONE


async def test_a_poke_ends_the_wait(go, service, clock):
    poke = asyncio.Event()

    def poked():
        poke.set()
        return task()

    service.task_answers = [poked, finished()]
    await go(State.SUBMITTED, poke=poke)
    assert clock.slept == []


@pytest.mark.parametrize("state", [State.READY, State.DOWNLOADING])
async def test_a_link_403_404_410_or_expired_is_replaced_by_a_fresh_one(go, service, delivery, state):
    delivery.failures = [LinkExpired("Dead."), LinkExpired("Dead.")]
    service.task_answers = [finished("https://files.example.org/2.mp4"), finished("https://files.example.org/3.mp4")]
    assert (await go(state)).state is State.DONE
    assert delivery.links == [LINK, "https://files.example.org/2.mp4", "https://files.example.org/3.mp4"]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (LinkExpired("Dead.", detail="410"), "link_expired"),
        (DeliveryError("Bad.", code="address_private"), "address_private"),
        (DeliveryError("Big.", code="delivery_too_large"), "delivery_too_large"),
    ],
)
async def test_a_link_that_expired_three_times_leaves_it_to_a_person(go, delivery, error, code):
    delivery.failures = [error] * 3
    ended = await go(State.READY)
    assert (ended.state, ended.trouble.code, ended.link) == (State.LINK_EXPIRED, code, None)
    assert ended.money is Money.CHARGED
    assert len(delivery.links) == 3


@pytest.mark.parametrize("answer", [NotFound("?"), task("processing"), task("completed", results=[])])
async def test_a_task_that_has_no_link_any_more(go, service, delivery, answer):
    service.task_answers = [answer]
    ended = await go(State.DOWNLOADING, link=None)
    assert (ended.state, ended.trouble.code, delivery.links) == (State.LINK_EXPIRED, "link_expired", [])
    assert service.reads == 3


async def test_a_link_past_its_life_is_not_even_tried(go, service, delivery, clock):
    clock.passed = 24 * 3600
    service.task_answers = [finished("https://files.example.org/2.mp4")]
    delivery.failures = [DeliveryError("Cut.")]
    done = await go(State.READY)
    assert delivery.links == ["https://files.example.org/2.mp4"] * 2
    assert service.reads == 1
    assert done.ready >= 1000 + 24 * 3600


async def test_disk_full_is_waited_for_and_tried_again_every_minute(go, delivery, clock):
    delivery.failures = [DiskFull("Full.")] * 5
    assert (await go(State.READY)).state is State.DONE
    assert clock.slept == [60] * 5
    assert troubles(go.seen) == ["", "disk_full", ""]


async def test_a_delivery_that_breaks_is_tried_again_with_growing_pauses(go, service, delivery, clock):
    delivery.failures = [DeliveryError("Cut.", code="address_unresolved"), DeliveryError("Cut."), NotAVideo("HTML.")]
    service.task_answers = [
        Unavailable("Down."),
        TooManyRequests("Slow.", retry_after=100),
        finished("https://files.example.org/2.mp4"),
    ]
    assert (await go(State.READY)).state is State.DONE
    assert clock.slept == [5, 10, 20, 40, 100]
    assert delivery.links == [LINK, LINK, LINK, "https://files.example.org/2.mp4"]
    assert troubles(go.seen) == ["", "delivery_delayed", ""]


async def test_a_refused_key_delays_the_fresh_link_only(go, service, clock):
    service.task_answers = [KeyRefused("No."), finished()]
    assert (await go(State.READY, link=None)).state is State.DONE
    assert clock.slept == [60]
    assert troubles(go.seen) == ["", "key_refused", ""]


async def test_a_file_that_is_already_here_is_not_fetched_again(go, means, delivery):
    there = job(state=State.DOWNLOADING)
    means.shelf.video_path(there.id).write_bytes(MP4)
    ended = await go(State.DOWNLOADING, id=there.id, link=None)
    assert (ended.state, delivery.links) == (State.DONE, [])


@pytest.mark.parametrize("state", [State.DONE, State.REJECTED, State.FAILED, State.CANCELLED, State.UNKNOWN])
async def test_a_job_at_rest_is_left_alone(go, service, state):
    assert (await go(state)).state is state
    assert (service.reads, service.posts, len(go.seen)) == (0, [], 1)


def set_event():
    event = asyncio.Event()
    event.set()
    return event
