"""Numbers of what is done."""

from pcv.progress import Advance


def test_numbers_add_up_for_whoever_asks() -> None:
    told = []
    advance = Advance(lambda *seen: told.append(seen), 5, "parts scored")
    advance(2)
    advance(3)
    assert told == [(2, 5, "parts scored"), (5, 5, "parts scored")]
    Advance(None, 5, "parts scored")(1)


def test_a_word_on_the_current_one_is_passed_on() -> None:
    told = []
    advance = Advance(lambda *seen: told.append(seen), 2)
    advance(text="a.bin")
    advance(text="b.bin")
    assert told == [(1, 2, "a.bin"), (2, 2, "b.bin")]
