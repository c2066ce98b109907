/* Fragments that update themselves: an answer that says nothing new is not swapped in, so focus,
   selections and opened details stay; when the portal does not answer, the page says so. */

/* what an element says, without how long ago, what counts on and what the reader has opened */
const gist = (element) => {
  const copy = element.cloneNode(true);
  copy.querySelectorAll("time").forEach((time) => time.replaceWith("·"));
  copy.querySelectorAll("[data-quiet]").forEach((count) => { count.textContent = ""; });
  copy.querySelectorAll("details").forEach((details) => { details.open = false; });
  return `${copy.getAttribute("hx-trigger")} ${copy.getAttribute("hx-get")} ${copy.innerHTML.replace(/\s+/g, " ")}`;
};

const isNews = (html) => {
  const answer = document.createElement("template");
  answer.innerHTML = html;
  return [...answer.content.children].some((part) => {
    const shown = document.getElementById(part.id);
    return !shown || gist(shown) !== gist(part);
  });
};

let opened = [];

document.addEventListener("htmx:beforeSwap", (event) => {
  const place = event.detail.target;
  if (!place.hasAttribute("data-live")) return;
  event.detail.shouldSwap = event.detail.shouldSwap && isNews(event.detail.xhr.responseText);
  opened = [...place.querySelectorAll("details[open][id]")].map((details) => details.id);
});

document.addEventListener("htmx:afterSwap", () => {
  for (const id of opened) {
    const details = document.getElementById(id);
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
