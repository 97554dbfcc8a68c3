"""Saves are noticed, however an editor saves, with file events or by polling."""

import threading

import pytest

from lab.watching.changes import changes

SECONDS = 60
LOOK_SECONDS = 0.05  # ten times as often as usual, so that nobody waits here for the next look


@pytest.fixture(autouse=True)
def looking_often(monkeypatch):
    monkeypatch.setattr("lab.watching.changes.LOOK_SECONDS", LOOK_SECONDS)


class Follower:
    """Follows a path, and wakes who waits for a state of it that was read after a save was noticed."""

    def __init__(self, path, *, poll):
        self.path, self.states = path, [None]
        self.stop, self.changed = threading.Event(), threading.Condition()
        self.thread = threading.Thread(target=self._follow, kwargs={"poll": poll})
        self.thread.start()

    def _follow(self, *, poll):
        for _ in changes(self.path, self.stop, poll=poll):
            with self.changed:
                self.states.append(self.state())
                self.changed.notify_all()

    def state(self):
        if not self.path.exists():
            return None
        return (self.path / "dialogs.py" if self.path.is_dir() else self.path).read_text(encoding="utf-8")

    def comes_to(self, state):
        with self.changed:
            return self.changed.wait_for(lambda: self.states[-1] == state, SECONDS)


@pytest.fixture(params=[True, None], ids=["polling", "events"])
def follow(request):
    followers = []

    def start(path):
        followers.append(Follower(path, poll=request.param))
        return followers[-1]

    yield start
    for follower in followers:
        follower.stop.set()
        follower.thread.join()


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "kim" / "dialogs.py"
    path.parent.mkdir()
    path.write_text("first", encoding="utf-8")
    return path


@pytest.fixture(params=["folder", "file"])
def watched(request, file):
    return file.parent if request.param == "folder" else file


def renamed_into_place(file, text):
    file.with_name("4913~").write_text(text, encoding="utf-8")
    file.with_name("4913~").replace(file)


def removed_and_made(file, text):
    file.unlink()
    file.write_text(text, encoding="utf-8")


def cut_off_then_filled(file, text):
    with file.open("w", encoding="utf-8") as open_file:
        open_file.flush()
        open_file.write(text)


def moved_to_a_backup(file, text):
    file.rename(file.with_suffix(".bak"))
    file.write_text(text, encoding="utf-8")


@pytest.mark.parametrize("save", [renamed_into_place, removed_and_made, cut_off_then_filled, moved_to_a_backup])
def test_the_last_of_many_saves_is_what_is_seen_in_the_end(save, file, watched, follow):
    follower = follow(watched)
    assert follower.comes_to("first")

    for number in range(20):  # within a few looks, and all of one length
        save(file, f"{number:03}")

    assert follower.comes_to("019")


def test_what_went_away_is_seen_to_go_and_to_come_back_and_is_followed_again(file, watched, follow):
    follower = follow(watched)
    assert follower.comes_to("first")

    file.parent.rename(file.parent.with_name("lee"))
    assert follower.comes_to(None)

    file.parent.with_name("lee").rename(file.parent)
    assert follower.comes_to("first")

    file.write_text("second", encoding="utf-8")
    assert follower.comes_to("second")


def test_what_is_no_source_wakes_nobody(tmp_path, follow):
    (tmp_path / "dialogs.py").write_text("first", encoding="utf-8")
    follower = follow(tmp_path)
    assert follower.comes_to("first")
    woken = len(follower.states)

    (tmp_path / "weights.bin").write_bytes(b"x")
    (tmp_path / ".dialogs.py.swp").write_bytes(b"x")
    assert not follower.stop.wait(10 * LOOK_SECONDS)

    assert len(follower.states) <= woken + 1  # of two looks after the start one may still have been to come
