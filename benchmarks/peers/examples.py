"""Example tests for the other tools, as a teacher would write them from the lab's docstrings and pages.

Each test is a block of plain Python whose assertions must hold. A step's points are divided evenly among its tests. The
tests are meant to be good ones: three to six for each step, with the edge cases that the pages mention.
"""

QUIET = """
import os
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
from transformers import logging
logging.set_verbosity_error()
"""

TOKENIZER = """
from transformers import AutoTokenizer
from kit import resolve
tokenizer = AutoTokenizer.from_pretrained(
    resolve("mini"), bos_token="<s>", eos_token="</s>", unk_token="<unk>", pad_token="<pad>", mask_token="<mask>"
)
"""

MODEL = """
from transformers import TFGPT2LMHeadModel
from kit import resolve
model = TFGPT2LMHeadModel.from_pretrained(resolve("mini"))
"""

NUMPY = "import numpy as np\n"
TENSORFLOW = "import tensorflow as tf\n"
PANDAS = "import pandas as pd\nfrom kit import read_dialogs\n"

# The first cell of a step's notebook, above the student's code.
SETUP = {
    "pretrained": [QUIET, NUMPY, TENSORFLOW],
    "framing": [QUIET, TOKENIZER],
    "unk": [QUIET],
    "corpus": [QUIET, TOKENIZER, PANDAS],
    "padding": [QUIET, NUMPY],
    "batching": [QUIET, NUMPY, TENSORFLOW],
    "loss": [QUIET, NUMPY, TENSORFLOW, MODEL],
    "prompt": [QUIET, TOKENIZER, TENSORFLOW],
    "answer": [QUIET, TOKENIZER, TENSORFLOW, MODEL],
}

EXAMPLES = {
    "pretrained": [
        """
loaded = load_tokenizer("mini")
assert (loaded.bos_token, loaded.eos_token, loaded.unk_token) == ("<s>", "</s>", "<unk>")
assert (loaded.bos_token_id, loaded.eos_token_id, loaded.unk_token_id) == (0, 1, 5)
""",
        """
loaded = load_tokenizer("mini")
assert (loaded.pad_token, loaded.mask_token) == ("<pad>", "<mask>")
assert (loaded.pad_token_id, loaded.mask_token_id) == (3, 6)
""",
        """
loaded = load_tokenizer("mini")
assert len(loaded) == 6001
assert loaded.encode("꽃다발 받았어") == [2916, 636, 1112, 5525]
""",
        """
batch = tf.constant([[2916, 636, 1112, 5525]])
assert load_model("mini")(batch).logits.shape == (1, 4, 6000)
""",
        """
batch = tf.constant([[0, 2, 2916, 636, 1112, 5525, 4]])
first, second = load_model("mini"), load_model("mini")
assert np.allclose(first(batch).logits, second(batch).logits, atol=1e-4)
assert first.get_input_embeddings().weights[0].shape == (6000, 160)
""",
    ],
    "framing": [
        """
expected = [0, 2, 2916, 636, 1112, 5525, 4, 2640, 3912, 2641, 1]
assert encode_dialog("꽃다발 받았어", "부러워요!", tokenizer) == expected
""",
        """
expected = [0, 2, 2698, 280, 2307, 4, 2755, 2988, 3098, 1]
assert encode_dialog("배고파", "뭐라도 드세요.", tokenizer) == expected
""",
        'assert encode_dialog("", "", tokenizer) == [0, 2, 4, 1]',
        """
dialog = encode_dialog("오늘 날씨가 좋네요", "산책하러 가요", tokenizer)
assert isinstance(dialog, list)
assert dialog[0] == tokenizer.bos_token_id and dialog[-1] == tokenizer.eos_token_id
assert dialog.count(0) == dialog.count(1) == 1
""",
        """
dialog = encode_dialog("안녕", "네", tokenizer)
assert tokenizer.decode(dialog) == "<s><usr> 안녕<sys> 네</s>"
""",
    ],
    "unk": [
        "assert replace_overshooting([0, 51200, 1], 51200, 5) == [0, 5, 1]",
        "assert replace_overshooting([0, 5999, 6000, 6001, 1], 6000, 5) == [0, 5999, 5, 5, 1]",
        "assert replace_overshooting([0, 2, 2694, 4, 3115, 1], 6000, 5) == [0, 2, 2694, 4, 3115, 1]",
        "assert replace_overshooting([12, 9, 11], 10, 7) == [7, 9, 7]",
        """
ids = [0, 2, 2694, 6000, 4, 3115, 1]
replaced = replace_overshooting(ids, 6000, 5)
assert replaced == [0, 2, 2694, 5, 4, 3115, 1]
assert ids == [0, 2, 2694, 6000, 4, 3115, 1]
""",
    ],
    "corpus": [
        """
table = pd.DataFrame({"Q": ["안녕", "배고파"], "A": ["네", "뭐라도 드세요."], "label": [0, 0]})
expected = [[0, 2, 2568, 556, 4, 3115, 1], [0, 2, 2698, 280, 2307, 4, 2755, 2988, 3098, 1]]
assert get_chat_data(table, tokenizer, 6000) == expected
""",
        """
table = pd.DataFrame({"Q": ["끝<|endoftext|>"], "A": ["네"], "label": [0]})
assert get_chat_data(table, tokenizer, 6000) == [[0, 2, 2694, 5, 4, 3115, 1]]
""",
        """
table = read_dialogs("bundled")
dialogs = get_chat_data(table, tokenizer, 6000)
assert len(dialogs) == len(table)
assert all(dialog[0] == 0 and dialog[-1] == 1 for dialog in dialogs)
assert max(max(dialog) for dialog in dialogs) < 6000
""",
        """
table = read_dialogs("bundled").head(5)
dialogs = get_chat_data(table, tokenizer, 6000)
assert [tokenizer.decode(d) for d in dialogs] == [f"<s><usr> {q}<sys> {a}</s>" for q, a in zip(table.Q, table.A)]
""",
    ],
    "padding": [
        """
dialogs = [
    [0, 2, 2916, 636, 1112, 5525, 4, 2640, 3912, 2641, 1],
    [0, 2, 2698, 280, 2307, 4, 2755, 2988, 3098, 1],
    [0, 2, 2568, 556, 4, 3115, 1],
]
padded = pad_dialogs(dialogs, 3)
assert padded.shape == (3, 11)
assert np.issubdtype(padded.dtype, np.integer)
assert padded[0].tolist() == dialogs[0]
assert padded[2].tolist() == [0, 2, 2568, 556, 4, 3115, 1, 3, 3, 3, 3]
""",
        "assert np.array_equal(pad_dialogs([[0, 5, 1], [0, 1]], 3), [[0, 5, 1], [0, 1, 3]])",
        "assert np.array_equal(pad_dialogs([[7], [8, 9], [6, 5, 4]], 0), [[7, 0, 0], [8, 9, 0], [6, 5, 4]])",
        "assert np.array_equal(pad_dialogs([[0, 2, 4, 1]], 3), [[0, 2, 4, 1]])",
    ],
    "batching": [
        """
batches = list(make_dataset(np.arange(64 * 5).reshape(64, 5)))
assert [tuple(batch.shape) for batch in batches] == [(32, 5), (32, 5)]
""",
        """
batches = list(make_dataset(np.arange(70 * 3).reshape(70, 3), batch_size=16))
assert [tuple(batch.shape) for batch in batches] == [(16, 3)] * 4
""",
        """
padded = np.arange(64 * 5).reshape(64, 5)
rows = np.concatenate([batch.numpy() for batch in make_dataset(padded, batch_size=8)])
assert sorted(rows.tolist()) == padded.tolist()
assert rows.tolist() != padded.tolist()
""",
        """
first, second = ([batch.numpy().tolist() for batch in make_dataset(np.arange(64).reshape(64, 1), 8)] for _ in "ab")
assert first != second
""",
        "assert isinstance(make_dataset(np.arange(64).reshape(64, 1)), tf.data.Dataset)",
    ],
    "loss": [
        """
batch = tf.constant([[0, 2, 2568, 556, 4, 3115, 1], [0, 2, 2694, 5, 4, 3115, 1]])
loss = compute_loss(model, batch)
assert tf.is_tensor(loss) and tf.size(loss) == 1
assert np.isfinite(float(tf.reduce_mean(loss)))
""",
        """
batch = tf.constant([[0, 2, 2916, 636, 1112, 5525, 4, 2640, 3912, 2641, 1]])
tf.random.set_seed(7)
expected = float(tf.reduce_mean(model(batch, labels=batch, training=True).loss))
tf.random.set_seed(7)
assert abs(float(tf.reduce_mean(compute_loss(model, batch))) - expected) < 1e-3
""",
        """
batch = tf.constant([[0, 2, 2698, 280, 2307, 4, 2755, 2988, 3098, 1]])
losses = {round(float(tf.reduce_mean(compute_loss(model, batch))), 5) for _ in range(4)}
assert len(losses) > 1  # dropout is on
""",
        """
batch = tf.constant([[0, 2, 2568, 556, 4, 3115, 1], [0, 2, 2694, 5, 4, 3115, 1]])
with tf.GradientTape() as tape:
    loss = compute_loss(model, batch)
assert all(gradient is not None for gradient in tape.gradient(loss, model.trainable_variables))
""",
    ],
    "prompt": [
        """
ids = encode_question("배고파", tokenizer)
assert ids.shape == (1, 6)
assert ids.numpy().tolist() == [[0, 2, 2698, 280, 2307, 4]]
""",
        'assert encode_question("꽃다발 받았어", tokenizer).numpy().tolist() == [[0, 2, 2916, 636, 1112, 5525, 4]]',
        """
ids = encode_question("안녕", tokenizer)
assert tf.is_tensor(ids) and ids.dtype.is_integer
assert ids.numpy()[0][0] == tokenizer.bos_token_id
assert tokenizer.eos_token_id not in ids.numpy()
""",
        'assert encode_question("", tokenizer).numpy().tolist() == [[0, 2, 4]]',
    ],
    "answer": [
        'assert extract_answer("<s><usr> 배고파<sys> 뭐라도 드세요.</s>").strip() == "뭐라도 드세요."',
        'assert extract_answer("<s><usr> 배고파<sys> 뭐라도 드세요.").strip() == "뭐라도 드세요."',
        'assert extract_answer("<s><usr> 안녕<sys> 네</s>").strip() == "네"',
        """
tf.random.set_seed(0)
answer = return_answer_by_chatbot("배고파", model, tokenizer)
assert isinstance(answer, str)
assert not any(part in answer for part in ("<s>", "<usr>", "<sys>", "</s>", "배고파"))
""",
        """
tf.random.set_seed(0)
answers = {return_answer_by_chatbot("꽃다발 받았어", model, tokenizer, top_k=1) for _ in range(3)}
assert len(answers) == 1
answers = {return_answer_by_chatbot("꽃다발 받았어", model, tokenizer, max_length=20) for _ in range(5)}
assert len(answers) > 1
""",
        """
tf.random.set_seed(0)
short = return_answer_by_chatbot("배고파", model, tokenizer, max_length=8)
assert len(tokenizer.encode(short)) <= 3
""",
    ],
}
