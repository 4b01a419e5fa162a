from pcv.stages.advance import Advance


def test_numbers_add_up_for_whoever_asks() -> None:
    told = []
    advance = Advance(lambda *seen: told.append(seen), 5, "parts scored")
    advance(2)
    advance(3)
    assert told == [(2, 5, "parts scored"), (5, 5, "parts scored")]
    Advance(None, 5, "parts scored")(1)
