"""Reading tables of dialogs: the bundled one, the songys corpus, or your own CSV file."""

import io
import os
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from kit.errors import KitError
from kit.messages import Bilingual

if TYPE_CHECKING:
    import pandas as pd

BUNDLED = Path(__file__).parent / "data" / "dialogs.csv"
CACHE_VARIABLE = "KOGPT2_LAB_CACHE"
COLUMNS = ("Q", "A")

# songys/Chatbot_data, Youngsook Song 2018, MIT: 11,823 dialogs.
SONGYS_URL = "https://raw.githubusercontent.com/songys/Chatbot_data/master/ChatbotData.csv"
SONGYS_SHA256 = "287eb129695b577321c80ad397bb3c2279164d4ca577874d129fd3db5b30afe2"
SONGYS_FILE = "ChatbotData.csv"


def read_dialogs(source: str | os.PathLike[str] = "bundled") -> "pd.DataFrame":
    """Read a table of dialogs.

    Args:
        source: `"bundled"` (written for this project), `"songys"` (11,823 dialogs, downloaded once
            into `cache_dir()` and checked against its SHA-256), or the path of a UTF-8 CSV file.

    Returns:
        A table with at least the columns `Q` and `A`, both text, and the index 0 .. N-1. The bundled
        and the songys table also have `label`: 0 everyday, 1 break-up, 2 love.

    Raises:
        KitError: the file is missing, unreadable, empty, not UTF-8 or has no column `Q` or `A`; or
            the download failed or its SHA-256 is not the expected one.
    """
    if source == "bundled":
        return _read_csv(BUNDLED)
    if source == "songys":
        return _read_csv(_download_songys())
    return _read_csv(Path(source))


def cache_dir() -> Path:
    """Return the folder for downloads: the value of `KOGPT2_LAB_CACHE`, else the user's cache folder."""
    moved = os.environ.get(CACHE_VARIABLE)
    return Path(moved) if moved else Path(platformdirs.user_cache_dir("kogpt2-lab"))


def _read_csv(path: Path) -> "pd.DataFrame":
    content = _read_utf8(path)
    table = _parse_csv(path, content)
    missing = [column for column in COLUMNS if column not in table.columns]
    if missing:
        columns = ", ".join(map(str, table.columns))
        raise KitError(
            Bilingual(
                f"{path} 파일에 {', '.join(missing)} 열이 없습니다 (있는 열: {columns}). 첫 줄을 Q,A로 시작해 주세요.",
                f"{path} has no column {', '.join(missing)} (it has: {columns}): begin its first line with Q,A.",
            ),
        )
    if table.empty:
        raise KitError(
            Bilingual(
                f"{path} 파일에 대화가 한 줄도 없습니다. 첫 줄 아래에 질문과 답변을 넣어 주세요.",
                f"{path} holds no dialog: put questions and answers below its first line.",
            ),
        )
    return table


def _read_utf8(path: Path) -> bytes:
    """Read a file, checking that it is UTF-8."""
    try:
        content = path.read_bytes()
        content.decode()
    except UnicodeDecodeError as error:
        raise KitError(
            Bilingual(
                f"{path} 파일을 UTF-8로 읽을 수 없습니다 (바이트 {error.start}). UTF-8로 다시 저장해 주세요.",
                f"{path} is not UTF-8 (byte {error.start}): save it as UTF-8.",
            ),
        ) from error
    except OSError as error:
        raise KitError(
            Bilingual(
                f"{path} 파일을 읽을 수 없습니다 ({error.strerror or error}). 경로를 확인해 주세요.",
                f"{path} cannot be read ({error.strerror or error}): check the path.",
            ),
        ) from error
    return content


def _parse_csv(path: Path, content: bytes) -> "pd.DataFrame":
    import pandas as pd  # takes half a second, which most commands need not wait for

    try:
        table = pd.read_csv(io.BytesIO(content), dtype={"Q": str, "A": str}, keep_default_na=False)
        if not isinstance(table.index, pd.RangeIndex):  # how pandas reads a first row with too many fields
            raise pd.errors.ParserError("more fields than columns")
    except pd.errors.EmptyDataError as error:
        raise KitError(
            Bilingual(
                f"{path} 파일이 비어 있습니다. Q,A 열이 있는 CSV 파일을 주세요.",
                f"{path} is empty: give a CSV file with the columns Q,A.",
            ),
        ) from error
    except pd.errors.ParserError as error:
        reason = " ".join(str(error).split())
        raise KitError(
            Bilingual(
                f"{path} 파일은 올바른 CSV가 아닙니다 ({reason}). 쉼표가 든 글은 큰따옴표로 감싸 주세요.",
                f"{path} is not a proper CSV file ({reason}): put texts with commas into double quotes.",
            ),
        ) from error
    return table


def _download_songys() -> Path:
    import pooch  # imported here because it imports requests, and most runs download nothing

    folder = cache_dir()
    try:
        path = pooch.retrieve(SONGYS_URL, f"sha256:{SONGYS_SHA256}", fname=SONGYS_FILE, path=folder, progressbar=True)
    except ValueError as error:  # pooch raises it for a wrong hash, after removing the file
        raise KitError(
            Bilingual(
                f"내려받은 {SONGYS_FILE}의 SHA-256이 기대한 값과 다릅니다. 파일은 버렸습니다. 네트워크를 확인하고 다시 "
                f"시도하거나, 직접 받은 CSV의 경로를 주세요.",
                f"The downloaded {SONGYS_FILE} has another SHA-256 than expected and was thrown away: check the "
                f"network and try again, or give the path of a CSV that you have.",
            ),
        ) from error
    except OSError as error:  # errors of requests are OSErrors, and so is a full disk
        raise KitError(
            Bilingual(
                f"{SONGYS_URL} 을(를) {folder}(으)로 내려받지 못했습니다 ({_reason(error)}). 인터넷 연결을 확인하거나, "
                f"--data bundled 또는 직접 받은 CSV의 경로를 쓰세요.",
                f"{SONGYS_URL} could not be downloaded to {folder} ({_reason(error)}): check the connection, or use "
                f"--data bundled or the path of a CSV that you have.",
            ),
        ) from error
    return Path(path)


def _reason(error: OSError) -> str:
    return error.strerror or type(error).__name__
