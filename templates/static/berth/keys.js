/* Shortcuts: / search, ? help, j k o in lists. Off by a switch in the help (WCAG 2.1.4). */

const SWITCH = "berth-shortcuts";
const help = document.getElementById("help");
const toggle = document.getElementById("help-switch");

const kept = () => { try { return localStorage.getItem(SWITCH) !== "off"; } catch { return true; } };
const keep = (on) => { try { localStorage.setItem(SWITCH, on ? "on" : "off"); } catch { /* private window */ } };

const rows = () => [...document.querySelectorAll("[data-rows] > *")].filter((row) => row.querySelector("a[href]"));

const move = (by) => {
  const all = rows();
  if (!all.length) return;
  const here = all.findIndex((row) => row.classList.contains("picked"));
  const next = all[Math.min(all.length - 1, Math.max(0, here + by))];
  all.forEach((row) => row.classList.toggle("picked", row === next));
  const link = next.querySelector("a[href]");
  link.focus();
  link.scrollIntoView({ block: "nearest" });
};

const actions = {
  "/": () => document.getElementById("search")?.focus(),
  "?": () => help?.showModal(),
  j: () => move(1),
  k: () => move(-1),
  o: () => document.querySelector(".picked a[href]")?.click(),
  a: () => document.querySelector("[data-key='a']")?.focus(),
  q: () => document.querySelector("[data-key='q']")?.focus(),
  r: () => document.querySelector("[data-key='r']")?.focus(),
};

const typing = (target) => target.closest("input, textarea, select, [contenteditable]");

document.addEventListener("keydown", (event) => {
  if (!kept() || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  const action = actions[event.key];
  if (!action) return;
  event.preventDefault();
  action();
});

if (toggle) {
  toggle.checked = kept();
  toggle.addEventListener("change", () => keep(toggle.checked));
}
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-help]")) help?.showModal();
});

/* one menu at a time; Escape and a click elsewhere close it */
const menus = () => document.querySelectorAll("details.menu[open]");
document.addEventListener("click", (event) => {
  menus().forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  menus().forEach((menu) => {
    menu.open = false;
    menu.querySelector("summary").focus();
  });
});
