"""The journal told back: whatever became of its lines, every job that was paid for is known again."""

import json
import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.entries import Films, entry, retold
from jobs.job import Kind
from jobs.journal import Journal
from jobs.mend import rebuild
from jobs.states import State
from jobs.store import Store
from tests.jobs.fakes import Clock, element_request, job, request

NONE_HERE = Films((), lambda job_id: None)
SHOTS = {
    "multi_shot": True,
    "shot_type": "customize",
    "multi_prompt": [{"index": 1, "prompt": "looks up", "duration": "5"}],
}


def steps(*states, **fields):
    """A job on its way, and the line of each step."""
    record = job(body="{}", uploads={"a": "https://files.example.org/a"}, version=2, **fields)
    lines = []
    for state in states:
        task = record.task_id or ("task-1" if state is State.SUBMITTED else None)
        record = replace(record, state=state, task_id=task, version=record.version + 1, changed=record.changed + 1)
        lines.append(entry(record, *([()] if lines else [])))
    return record, lines


def told(lines, films=NONE_HERE):
    return [ways[0] for ways in retold(json.loads(json.dumps(lines)), films, 5000.0)]


@pytest.mark.parametrize("asked", [request(), element_request(), request(prompt="", model_params=SHOTS)])
@pytest.mark.parametrize("states", [(), (State.SUBMITTED,), (State.SUBMITTED, State.DONE), (State.UNKNOWN,)])
def test_its_lines_suffice_to_know_a_job_again(asked, states):
    record, lines = steps(State.SUBMITTING, *states, request=asked, credits_estimated=27.0, sent=1001.5)
    assert told(lines) == [record]


def test_doubled_and_disordered_lines_say_nothing_new():
    record, lines = steps(State.SUBMITTING, State.SUBMITTED, State.DONE)
    for seed in range(20):
        shuffled = random.Random(seed).sample(lines * 2, 6)
        assert told(shuffled) == [record]


def test_an_older_line_overrules_no_newer_one():
    record, lines = steps(State.SUBMITTING, State.SUBMITTED, State.DONE)
    hidden = replace(record, hidden=True, version=record.version + 1)
    assert told([*lines, entry(hidden, ()), *lines]) == [hidden]


@pytest.mark.parametrize(("last", "state"), [("submitting", State.UNKNOWN), ("submitted", State.SUBMITTED)])
def test_a_state_that_only_another_version_knows_is_the_last_known_one(last, state):
    strange = {
        "job": "j",
        "owner": "ann",
        "state": "polished",
        "key": "k",
        "task": "t" if last == "submitted" else None,
    }
    (found,) = told([strange])
    assert (found.state, found.task_id, found.owner, found.idempotency_key) == (state, strange["task"], "ann", "k")
    record, lines = steps(State.SUBMITTING, State.SUBMITTED, State.DONE)
    later = entry(replace(record, version=99)) | {"state": "polished"}
    assert told([*lines, later])[0].state is State.DONE


def test_lines_of_the_first_versions_still_tell_the_task_and_whose_it_is():
    lines = [
        {"at": 1000.0, "job": "j", "owner": "ann", "state": "submitting", "key": "vid_1", "task": None},
        {"at": 1001.0, "job": "j", "owner": "ann", "state": "submitted", "key": "vid_1", "task": "task-1"},
    ]
    (found,) = told(lines)
    assert (found.id, found.owner, found.state, found.task_id) == ("j", "ann", State.SUBMITTED, "task-1")
    assert (found.idempotency_key, found.request.prompt, found.created) == ("vid_1", "Found again", 1000.0)


@pytest.mark.parametrize(
    ("name", "value"),
    [("request", "{"), ("request", 7), ("kind", "song"), ("uploads", "[1"), ("trouble", "[1]"), ("candidates", "3")],
)
def test_what_cannot_be_read_costs_only_itself(name, value):
    record, lines = steps(State.SUBMITTING, State.SUBMITTED)
    lines[0]["row"][name] = lines[1]["row"][name] = value
    (found,) = told(lines)
    assert (found.state, found.task_id, found.token) == (State.SUBMITTED, "task-1", record.token)
    assert found.request.prompt in {"Found again", record.request.prompt}


def test_a_clip_on_the_shelf_makes_its_job_done():
    record, lines = steps(State.SUBMITTING, State.SUBMITTED)
    _, failed = steps(State.SUBMITTING, State.SUBMITTED, State.FAILED)
    _, element = steps(State.SUBMITTING, State.SUBMITTED, request=element_request())
    labelled = request(prompt="From its label")
    ids = [record.id, failed[0]["job"], element[0]["job"], "orphan", "silent"]
    films = Films(ids, lambda job_id: labelled if job_id == "orphan" else None)
    one, two, three, orphan, silent = told([*lines, *failed, *element], films)
    assert (one.state, one.video, one.progress, one.request) == (State.DONE, f"{record.id}.mp4", 100, record.request)
    assert one.ended == record.changed
    assert (two.state, two.video) == (State.FAILED, None)
    assert (three.state, three.kind) == (State.SUBMITTED, Kind.ELEMENT)
    assert (orphan.id, orphan.state, orphan.owner, orphan.request) == ("orphan", State.DONE, "ann", labelled)
    assert (silent.state, silent.request.prompt) == (State.DONE, "Found again")


def test_a_clip_of_nobody_is_given_to_nobody_where_there_are_several_people():
    lines = [{"job": "a", "owner": "ann", "task": "t"}, {"job": "b", "owner": "bob", "task": "u"}]
    assert told(lines, Films(["c"], lambda job_id: None))[-1].owner == ""
    lines = [{"job": "a", "owner": "ann", "task": "t"}, {"job": "b", "owner": "api:x", "task": "u"}]
    assert told(lines, Films(["c"], lambda job_id: None))[-1].owner == "ann"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(["version", "token", "nonce", "request", "created", "uploads", "hidden", "sent", "candidates"])
LINES = st.fixed_dictionaries(
    {"job": st.sampled_from(["a", "b", "c"])},
    optional={
        "owner": JSON | st.just("ann"),
        "state": JSON | st.sampled_from(list(State)),
        "key": JSON,
        "task": JSON | st.just("task-1"),
        "at": JSON,
        "row": JSON | st.dictionaries(NAMES, JSON, max_size=6),
    },
)


@settings(max_examples=60, deadline=None)
@given(st.lists(LINES, max_size=6))
def test_whatever_stands_in_it_every_job_of_the_journal_gets_a_row(tmp_path_factory, lines):
    folder = tmp_path_factory.mktemp("any")
    Journal(folder).extend(lines)
    rebuilt = rebuild(folder, 5000.0, "any")
    assert rebuilt.jobs == len({line["job"] for line in lines})
    assert rebuilt.spoilt == 0


async def test_two_jobs_that_claim_the_same_are_both_kept(tmp_path):
    record, lines = steps(State.SUBMITTING, State.SUBMITTED)
    Journal(tmp_path).extend([*lines, *({**line, "job": "copy"} for line in lines), {"job": "x y"}, {"row": 1}])
    rebuilt = rebuild(tmp_path, 5000.0, "any")
    assert (rebuilt.jobs, rebuilt.open, rebuilt.done, rebuilt.spoilt, rebuilt.aside) == (2, 2, 0, 2, None)
    for _ in range(2):
        store = Store(tmp_path, Clock())
        await store.open()
        assert store.closed is None
        assert (await store.job(record.id)) == record
        assert (await store.job("copy")).task_id == "task-1"
        await store.close()
