from .corpus import get_chat_data
from .frames import encode_dialog
from .vocabulary import replace_overshooting
