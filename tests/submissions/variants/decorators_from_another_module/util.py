import functools
import inspect


def checked(function):
    """이름과 인자의 수를 확인하고 부릅니다."""
    signature = inspect.signature(function)

    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        return function(*bound.args, **bound.kwargs)

    return wrapper
