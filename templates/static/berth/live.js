/* Fragments that update themselves: an answer that says nothing new is not swapped in, so focus,
   open details and selections stay; when the portal does not answer, the fragment says so. */

const last = new WeakMap();

document.addEventListener("htmx:beforeSwap", (event) => {
  const place = event.detail.target;
  if (!place.hasAttribute("data-live")) return;
  const text = event.detail.xhr.responseText;
  if (last.get(place) === text) {
    event.detail.shouldSwap = false;
    return;
  }
  place.dataset.open = [...place.querySelectorAll("details[open][id]")].map((each) => each.id).join(" ");
});

document.addEventListener("htmx:afterSwap", (event) => {
  const old = event.detail.target;
  const place = document.getElementById(old.id);
  if (!place?.hasAttribute("data-live")) return;
  last.set(place, event.detail.xhr.responseText);
  for (const id of (old.dataset.open || "").split(" ")) {
    const details = id && document.getElementById(id);
    if (details) details.open = true;
  }
});

const lost = (hidden) => document.querySelectorAll("[data-lost]").forEach((note) => { note.hidden = hidden; });
document.addEventListener("htmx:sendError", () => lost(false));
document.addEventListener("htmx:responseError", () => lost(false));
document.addEventListener("htmx:afterOnLoad", () => lost(true));

/* the chosen leaf of a tree whose pane is filled without loading the page */
document.addEventListener("htmx:afterRequest", (event) => {
  const link = event.detail.elt;
  if (!link?.matches(".tree a.node") || !event.detail.successful) return;
  link.closest(".tree").querySelectorAll("[aria-current]").forEach((each) => each.removeAttribute("aria-current"));
  link.setAttribute("aria-current", "true");
});
