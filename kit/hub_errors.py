"""Messages for the exceptions that the hub's client raises."""

import contextlib
import errno
from collections.abc import Iterator

from kit.errors import KitError
from kit.messages import Bilingual

NO_NAME = Bilingual(
    "{name} 은(는) 모델의 이름이 될 수 없습니다. mini, 폴더, 또는 skt/kogpt2-base-v2 같은 이름을 주세요.",
    "{name} cannot be the name of a model: give mini, a folder, or a name such as skt/kogpt2-base-v2.",
)
GATED = Bilingual(
    "허브의 {name} 은(는) 조건에 동의한 사람만 받을 수 있습니다. 허브의 모델 페이지에서 동의하고 `hf auth "
    "login`으로 로그인한 뒤 다시 실행해 주세요.",
    "{name} on the hub is for those who agreed to its conditions: agree on the model's page, log in with "
    "`hf auth login`, and run it again.",
)
NOT_FOUND = Bilingual(
    "허브에 {name} 이(가) 없거나 비공개입니다. 이름을 확인하고, 비공개라면 `hf auth login`으로 로그인한 뒤 다시 "
    "실행해 주세요.",
    "{name} is not on the hub, or private: check the name, or log in with `hf auth login` and run it again.",
)
REFUSED = Bilingual(
    "허브가 {name} 을(를) 내주지 않습니다 ({reason}). 읽기 권한이 있는 토큰으로 `hf auth login`을 다시 실행해 주세요.",
    "The hub refuses {name} ({reason}): log in again with `hf auth login`, with a token that may read it.",
)
UNREACHABLE = Bilingual(
    "허브에 연결하지 못해 {name} 을(를) 받을 수 없습니다. 인터넷 연결(HF_ENDPOINT, HF_HUB_OFFLINE)을 확인하거나, "
    "mini 또는 체크포인트 폴더를 쓰세요.",
    "The hub cannot be reached for {name}: check the connection (HF_ENDPOINT, HF_HUB_OFFLINE), or use mini or a "
    "checkpoint folder.",
)
BROKEN_OFF = Bilingual(
    "허브에서 {name} 을(를) 받다가 멈추었습니다 ({reason}). 다시 실행하면 이어서 받습니다.",
    "The download of {name} from the hub broke off ({reason}): run it again, it goes on where it stopped.",
)


@contextlib.contextmanager
def explained(name: str) -> Iterator[None]:
    """Within this context, turn exceptions of the hub's client into a `KitError` with a clear message.

    Args:
        name: the repository, as the message calls it.

    Raises:
        KitError: the client raised an exception.
        OSError: the disk is full; passed on unchanged.
    """
    from huggingface_hub.errors import HFValidationError

    try:
        yield
    except (
        OSError,
        HFValidationError,
    ) as error:  # most of the client's errors are requests' errors, which are OSErrors
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise
        text, reason = _message_for(error), " ".join(str(error).split())[:200]
        raise KitError(text.filled(name=name, reason=reason)) from error


def _message_for(error: Exception) -> Bilingual:
    from huggingface_hub import errors
    from requests import ConnectionError as NoConnection
    from requests import Timeout

    match error:
        case errors.HFValidationError():
            return NO_NAME
        case errors.GatedRepoError():  # first, as the next is its base class
            return GATED
        case errors.RepositoryNotFoundError():
            return NOT_FOUND
        case errors.LocalEntryNotFoundError():  # carries no response: the hub was not reached
            return UNREACHABLE
        case errors.HfHubHTTPError() if error.response is not None and error.response.status_code in (401, 403):
            return REFUSED
        case NoConnection() | Timeout() | errors.OfflineModeIsEnabled():
            return UNREACHABLE
        case _:
            return BROKEN_OFF
