"""Who does the work: every task once, also where one of them ends its process."""

import os
import signal

import pytest

from emogen.data.prepare.work import Crew, alone
from emogen.errors import InputError


def square(number):
    return number * number


def square_or_die(number):
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number * number


def test_in_this_process_in_order():
    assert list(Crew(workers=0).run(square, [1, 2, 3])) == [(1, 1), (2, 4), (3, 9)]
    assert list(Crew().run(square, [])) == []


def test_a_task_that_ends_its_process_is_named_and_the_others_are_done():
    found = dict(Crew(workers=2).run(square_or_die, [1, 2, 3, 4]))
    assert found == {1: 1, 2: 4, 3: None, 4: 16}


def test_alone():
    assert alone(square_or_die, 2) == 4
    assert alone(square_or_die, 3) is None


def test_impossible_crews():
    with pytest.raises(InputError, match="--workers of 0 or more"):
        Crew(workers=-1)
    with pytest.raises(InputError, match="local or ray"):
        Crew(executor="slurm")


def test_an_error_of_a_task_is_raised():
    with pytest.raises(TypeError):
        list(Crew(workers=1).run(square, ["x"]))
