from jobs.bucket import Bucket


def test_after_a_burst_requests_go_out_at_the_rate():
    bucket = Bucket(2)
    for _ in range(2):
        assert bucket.wait(0, 2) == 0
        bucket.take()
    assert bucket.wait(0, 2) == 0.5
    assert bucket.wait(0.25, 2) == 0.25
    assert bucket.wait(0.5, 2) == 0


def test_a_long_rest_saves_up_no_more_than_the_burst():
    bucket = Bucket(2)
    bucket.take()
    assert bucket.wait(3600, 2) == 0
    for _ in range(2):
        bucket.take()
    assert bucket.wait(3600, 4) == 0.25


def test_nothing_goes_out_while_it_is_held():
    bucket = Bucket(2)
    bucket.hold(30)
    bucket.hold(10)
    assert bucket.wait(0, 2) == 30
    assert bucket.wait(30, 2) == 0
