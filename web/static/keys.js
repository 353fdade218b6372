// Decisions on the keyboard. Nothing here can be done that the buttons cannot.
//
// A row is a `tr[data-row]`, the current one has the focus. A key does what the element with that
// `data-key` does: in the current row where there are rows, else on the page. On the page a button
// is only focused: one key never decides on what fills a screen.
"use strict";

(() => {
  const rows = [...document.querySelectorAll("tr[data-row]")];
  const help = document.getElementById("keys");
  const place = `row of ${location.pathname}${location.search}`;

  const current = () => rows.indexOf(document.activeElement?.closest("tr[data-row]"));

  function move(to) {
    const row = rows[Math.max(0, Math.min(to, rows.length - 1))];
    row?.focus({ preventScroll: true });
    row?.scrollIntoView({ block: "nearest" });
  }

  function press(key) {
    const row = rows[current()];
    const found = (row ?? document).querySelector(`[data-key="${key}"]`);
    if (!found || (rows.length && !row)) return false;
    if (found.tagName === "A") found.click();
    else if (row) {
      sessionStorage.setItem(place, current());
      found.click();
    } else aim(found);
    return true;
  }

  function aim(at) {
    at.closest("details")?.setAttribute("open", "");
    at.focus();
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat && "ar".includes(event.key)) return;
    if (help.open || event.target.closest("input, select, textarea")) return;
    if (event.key === "j") move(current() + 1);
    else if (event.key === "k") move(current() - 1);
    else if (event.key === "?") help.showModal();
    else if (!/^[aoru]$/.test(event.key) || !press(event.key)) return;
    event.preventDefault();
  });

  // After a decision the next reward is where the decided one was.
  const was = sessionStorage.getItem(place);
  sessionStorage.removeItem(place);
  if (was !== null) move(Number(was));
  else if (location.hash === "#reason-reject") press("r");
})();
