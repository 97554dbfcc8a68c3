"""What platforms tell of a download, and what nobody but they may tell: who it is, and what belongs together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.gradebook.intake.arrivals import arrivals
from tests.helpers.gradebook.arriving import UNTIMED, download_folder, put, reasons, roster

folder = pytest.fixture(download_folder)

# What was handed in together


@pytest.mark.parametrize("name", ["{who}_{user}_{number}_{file}", "{who}_{user}_assignsubmission_file_{file}"])
def test_files_of_one_person_are_one_submission_whatever_their_ids(folder, name):
    files = {"kim": ["lab.ipynb", "report.ipynb"], "choi": ["utils.py", "lab.ipynb"], "park": ["lab.ipynb", "data.csv"]}
    for user, (who, own) in enumerate(files.items(), 1101):
        put(folder, *(name.format(who=who, user=user, number=6400 - i, file=file) for i, file in enumerate(own)))
    arrived = arrivals(folder)

    assert {arrival.person.name: set(arrived.parts[arrival.name]) for arrival in arrived.counting} == {
        who: set(own) for who, own in files.items()
    }
    assert (arrived.quarantined, arrived.unmatched) == ([], [])
    assert all(arrival.older == () for arrival in arrived.counting)


def test_data_without_a_submission_is_told(folder):
    put(folder, "kim_1101_6400_lab.ipynb", "lee_1102_6401_data.csv", "lee_1102_6402_words.txt")
    arrived = arrivals(folder)

    assert [arrival.person.name for arrival in arrived.counting] == ["kim"]
    assert set(reasons(arrived.quarantined)) == {"lee_1102_6401_data.csv", "lee_1102_6402_words.txt"}


@pytest.mark.parametrize(("apart", "doubted"), [(5, True), (3600, False)], ids=["seconds", "an hour"])
def test_where_nothing_tells_which_is_newer_it_is_said(tmp_path, folder, apart, doubted):
    put(folder, "20230001_v1.py", time=1e9)
    put(folder, "김민수 final.py", time=1e9 + apart)
    [arrival] = (arrived := arrivals(folder, roster(tmp_path))).counting

    assert (arrival.path, arrival.older) == ("김민수 final.py", ("20230001_v1.py",))
    assert (arrival.doubt is not None) == doubted
    assert [one.reason for one in arrived.unmatched] == [arrival.doubt] * doubted
    assert not doubted or all("20230001_v1.py" in text for text in (arrival.doubt.ko, arrival.doubt.en))


# Blackboard and Brightspace

ATTEMPT = "KoGPT2 lab_{}_attempt_2026-11-05-{}"


def test_of_blackboard_the_newest_attempt_counts_with_all_its_files(folder):
    put(folder, ATTEMPT.format("kimsu01", "09-10-11_lab.py"), ATTEMPT.format("kimsu01", "21-10-11_lab.py"))
    put(folder, ATTEMPT.format("kimsu01", "21-10-11_helpers.py"), ATTEMPT.format("kimsu01", "09-10-11_old.py"))
    put(folder, ATTEMPT.format("parkji02", "22-00-00_lab_parkji02_attempt_2026-11-05-23-00-00_x.py"))
    put(folder, ATTEMPT.format("kimsu01", "21-10-11.txt"), ATTEMPT.format("kimsu01", "09-10-11.txt"))
    arrived = arrivals(folder)
    kim, park = arrived.counting

    assert (kim.person.id, park.person.id) == ("kimsu01", "parkji02")
    assert set(arrived.parts[kim.name]) == {"lab.py", "helpers.py"}
    assert set(kim.older) == {ATTEMPT.format("kimsu01", f"09-10-11_{name}.py") for name in ("lab", "old")}
    assert (arrived.quarantined, arrived.unmatched, kim.doubt) == ([], [], None)


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("11월 5, 2026 910 AM", "11월 5, 2026 910 PM"),
        ("Nov 5, 2026 1159 AM", "Nov 5, 2026 1200 PM"),
        ("November 5, 2026 1200 AM", "November 5, 2026 100 AM"),
        ("11월 5, 2026 오전 910", "11월 5, 2026 오후 910"),
    ],
)
def test_of_brightspace_the_newest_counts_by_the_time_in_its_name(folder, earlier, later):
    put(folder, f"104233-2218 - 김수 - {later} - lab.py", f"104233-2218 - 김수 - {earlier} - lab.py", "index.html")
    arrived = arrivals(folder)
    [arrival] = arrived.counting

    assert (arrival.person.id, arrival.person.name) == ("104233", "김수")
    assert (later in arrival.path, len(arrival.older)) == (True, 1)
    assert (arrived.quarantined, arrived.unmatched) == ([], [])


# Who it is, is for the platform to say

FORMS = {
    "Canvas": ("{0}_{1}_6400_lab.py", "kim_901_6400_lab.py"),
    "Moodle": ("{0}_{1}_assignsubmission_file_lab.py", "kim_901_assignsubmission_file_lab.py"),
    "Blackboard": ("lab_{0}_attempt_2026-11-05-09-10-11_lab.py", "lab_kim_attempt_2026-11-05-09-10-11_lab.py"),
    "Brightspace": ("{1}-1 - {0} - Nov 5, 2026 910 AM - lab.py", "901-1 - kim - Nov 5, 2026 910 AM - lab.py"),
}


@pytest.mark.parametrize("platform", FORMS)
def test_a_name_in_a_platforms_form_among_others_names_nobody_and_is_told(folder, platform):
    _, chosen = FORMS[platform]
    put(folder, "kim.py", "lee.py", chosen)
    arrived = arrivals(folder)

    assert not {"kim", "901"} & {one.person.id for one in arrived.counting if one.path == chosen}
    assert platform in reasons(arrived.unmatched)[chosen]
    assert len(arrived.counting) == 3


@pytest.mark.parametrize("platform", FORMS)
@given(st.lists(st.sampled_from(["lab.py", *(chosen for _, chosen in FORMS.values())]), min_size=2, max_size=2))
@UNTIMED
def test_no_file_name_makes_anybody_another(tmp_path_factory, platform, files):
    folder = tmp_path_factory.mktemp("in")
    form, _ = FORMS[platform]
    names = {
        form.format(who, user).removesuffix("lab.py") + file
        for who, user, file in zip(("eve", "lee"), (902, 903), files, strict=True)
    }
    put(folder, *names)
    arrived = arrivals(folder)
    people = {one.person.id for one in arrived.counting}

    assert not people & {"kim", "901"}
    assert len(arrived.counting) + len(arrived.quarantined) == 2


def test_a_display_name_that_holds_another_persons_mark_is_told(folder):
    put(
        folder,
        "kim_901_assignsubmission_file__902_assignsubmission_file_lab.py",
        "lee_903_assignsubmission_file_lab.py",
    )
    arrived = arrivals(folder)

    assert [one.person.id for one in arrived.counting] == ["903"]
    assert "two ways" in next(iter(reasons(arrived.quarantined).values()))


def test_a_list_of_people_that_was_handed_in_is_no_platforms(folder):
    put(folder, "kim.py", "eve.py")
    (folder / "submission_metadata.yml").write_text(
        "kim.py:\n  :submitters:\n  - :name: Kim\n    :sid: '901'\n", encoding="utf-8"
    )
    arrived = arrivals(folder)

    assert {one.person.id for one in arrived.counting} == {"kim", "eve"}
    assert "not used" in reasons(arrived.quarantined)["submission_metadata.yml"]
