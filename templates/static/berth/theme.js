/* Runs before the first paint: who has chosen no theme gets the system's. */
(function () {
  const page = document.documentElement;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const follow = () => {
    if (page.dataset.theme === "auto") {
      page.dataset.bsTheme = dark.matches ? "dark" : "light";
    }
  };
  page.classList.add("scripted");
  follow();
  dark.addEventListener("change", follow);
})();
