
"use strict";
const KEY = "kogpt2-lab-language";
const choices = document.querySelectorAll("input.language");

function speak(choice) {
  choice.checked = true;
  document.documentElement.lang = choice.id;
}

for (const choice of choices) {
  choice.addEventListener("change", () => {
    speak(choice);
    try { localStorage.setItem(KEY, choice.id); } catch { /* not every viewer keeps anything */ }
  });
}
try {
  const kept = [...choices].find((choice) => choice.id === localStorage.getItem(KEY));
  if (kept) speak(kept);
} catch { /* then the page's own language stays */ }

function compare(first, second, numbers) {
  if (first === "" || second === "") return (first === "") - (second === "");
  return numbers ? first - second : first.localeCompare(second, "ko", { numeric: true });
}

function sort(table, head) {
  const column = head.cellIndex;
  const numbers = head.dataset.type === "number";
  const order = head.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending";
  const rows = [...table.tBodies[0].rows];
  const value = (row) => row.cells[column].dataset.value;
  rows.sort((first, second) => {
    const [a, b] = [value(first), value(second)];
    const turn = order === "descending" && a !== "" && b !== "" ? -1 : 1;  // what is empty stays at the end
    return turn * compare(a, b, numbers);
  });
  for (const other of table.tHead.rows[0].cells) other.setAttribute("aria-sort", "none");
  head.setAttribute("aria-sort", order);
  table.tBodies[0].append(...rows);
}

for (const table of document.querySelectorAll("table.sortable")) {
  for (const head of table.tHead.rows[0].cells) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    button.addEventListener("click", () => sort(table, head));
    head.append(button);
  }
}
