"""Running TensorFlow's eager ops as they are.

TensorFlow makes a function of its own out of each eager op (`__wrapped__Mul_device_…`) before it runs the first time. A
child lives for a second and runs most ops once: a third of its time would go there, and in the sandbox more, as each
look-up of such a function's name asks for the host's. The same kernels run; values differ by rounding (1e-6).
"""

import ctypes
import functools
from typing import Any


def run_ops_directly() -> None:
    """Have TensorFlow do without these functions from its first op on; where it has no such switch, nothing changes.

    The switch is `TFE_ContextSetRunEagerOpAsFunction` of `tensorflow/c/eager/c_api_experimental.h`.
    """
    from tensorflow.python import _pywrap_tensorflow_internal as library
    from tensorflow.python.eager.context import Context

    try:
        switch = _switch(library.__file__)
    except (OSError, AttributeError):
        return
    initialize = Context.ensure_initialized

    @functools.wraps(initialize)
    def initialize_and_switch(self: Any) -> None:
        begins = not self._initialized
        initialize(self)
        if begins:
            switch(self._handle)

    Context.ensure_initialized = initialize_and_switch


def _switch(library: str) -> Any:
    """A function that turns the wrapping of ops off in an eager context, which it is given as Python has it.

    Raises:
        OSError: the library cannot be loaded.
        AttributeError: it has no such switch.
    """
    functions = ctypes.CDLL(library)
    turn, status = functions.TFE_ContextSetRunEagerOpAsFunction, functions.TF_NewStatus
    turn.argtypes, turn.restype = (ctypes.c_void_p, ctypes.c_ubyte, ctypes.c_void_p), None
    status.argtypes, status.restype = (), ctypes.c_void_p
    pointer, name = ctypes.pythonapi.PyCapsule_GetPointer, ctypes.pythonapi.PyCapsule_GetName
    pointer.argtypes, pointer.restype = (ctypes.py_object, ctypes.c_char_p), ctypes.c_void_p
    name.argtypes, name.restype = (ctypes.py_object,), ctypes.c_char_p
    return lambda context: turn(pointer(context, name(context)), 0, status())
