/* Times in the reader's own zone on hover, and relative words that stay true while a page is open. */

const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60]];
const words = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const absolute = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "long" });

const relative = (seconds) => {
  for (const [unit, size] of UNITS) {
    if (Math.abs(seconds) >= size) return words.format(Math.trunc(seconds / size), unit);
  }
  return seconds > 0 ? "in less than a minute" : "just now";
};

const refresh = () => {
  for (const time of document.querySelectorAll("time[data-when]")) {
    const at = new Date(time.dateTime);
    time.title = absolute.format(at);
    const seconds = (at - Date.now()) / 1000;
    if (Math.abs(seconds) < 30 * 86400) time.textContent = relative(seconds);
  }
};

refresh();
setInterval(refresh, 30000);
document.addEventListener("htmx:afterSettle", refresh);
