"""TensorFlow's ops run as they are in a child, and without the switch as TensorFlow has it."""

import pytest

from grader.inside import eager
from tests.helpers.children import call_of, submitted, value

SOURCE = """
import tensorflow as tf
from tensorflow.python.eager import context

def compute_loss(*_):
    total = float(tf.reduce_sum(tf.constant([1.0, 2.0]) * 3.0))
    return [total, sorted(context.context().list_function_names())]
"""


def test_in_a_child_no_op_becomes_a_function(pool):
    child = pool.child(submitted({"training.py": SOURCE}, "folder"), tensorflow=True)
    try:
        result = value(child.ask(call_of("compute_loss", module="training"), 60))
    finally:
        child.end()

    assert result == [9.0, []]


@pytest.mark.parametrize("error", [OSError, AttributeError])
def test_where_there_is_no_switch_nothing_changes(error, monkeypatch):
    from tensorflow.python.eager.context import Context

    def missing(_library):
        raise error

    monkeypatch.setattr(eager, "_switch", missing)
    before = Context.ensure_initialized
    eager.run_ops_directly()

    assert Context.ensure_initialized is before
