"""Where the table lies that `make grade-the-grader` writes for the page on the grader's own grades."""

from docs.build.files import Made, text_paths

TABLE = Made("make grade-the-grader", text_paths("trust", "table.md"), needs="minutes, to run the tests of the grader")
