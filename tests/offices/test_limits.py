import pytest

from offices.kit.limits import Window, client_address, count_one, is_over_limit, read_count


@pytest.mark.parametrize(("proxies", "address"), [(0, "10.0.0.1"), (1, "203.0.113.7"), (2, "198.51.100.9")])
def test_an_address_is_believed_from_as_many_proxies_as_are_ours(proxies, address, rf, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    request = rf.get("/", headers={"x-forwarded-for": "198.51.100.9, 203.0.113.7"}, REMOTE_ADDR="10.0.0.1")
    assert client_address(request) == address


def test_what_is_over_the_limit_is_said_and_a_look_counts_nothing():
    assert [is_over_limit("code:maria@example.org", limit=2, seconds=900) for _ in range(3)] == [False, False, True]
    assert read_count("code:maria@example.org", seconds=900).count == 3
    assert not is_over_limit("code:layla@example.org", limit=2, seconds=900)
    assert [is_over_limit("bytes:layla", limit=9, seconds=900, amount=5) for _ in range(2)] == [False, True]


def test_nothing_is_counted_without_redis(settings):
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1/0"}}
    assert count_one("anything", seconds=60) is read_count("anything", seconds=60) is None
    assert not is_over_limit("anything", limit=0, seconds=60)


def test_a_window_says_when_it_ends():
    window = count_one("anything", seconds=60)
    assert isinstance(window, Window) and 0 < window.seconds_left <= 60
