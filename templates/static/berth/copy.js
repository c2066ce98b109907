/* Copy buttons: <button class="copy" data-copy="text"> or data-copy-from="id of an element". */

const said = (button, word) => {
  const label = button.querySelector("[data-said]");
  const before = label.textContent;
  label.textContent = word;
  setTimeout(() => { label.textContent = before; }, 2000);
};

const lines = (element) => {
  const found = [...element.querySelectorAll(".ln")].map((line) => line.textContent.replace(/\n$/, ""));
  return found.length ? found.join("\n") + "\n" : element.textContent.trim();
};

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button.copy");
  if (!button) return;
  const from = document.getElementById(button.dataset.copyFrom || "");
  try {
    await navigator.clipboard.writeText(from ? lines(from) : button.dataset.copy);
    said(button, "Copied");
  } catch {
    said(button, "Select and copy by hand");
  }
});
