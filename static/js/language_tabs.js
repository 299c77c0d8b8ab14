// Translated fields of a desk page, one language at a time. Without this script they all stand below each other.
(() => {
  const fields = [...document.querySelectorAll("[data-language]")];
  const languages = [...new Set(fields.map((field) => field.dataset.language))];
  if (languages.length < 2) return;
  const row = (field) => field.closest(".form-row") || field.parentElement;
  const names = new Intl.DisplayNames([document.documentElement.lang || "en"], { type: "language" });
  const bar = document.createElement("div");
  bar.className = "desk-tabs";
  bar.setAttribute("role", "tablist");
  const tabs = languages.map((language) => {
    const tab = document.createElement("button");
    tab.type = "button";
    tab.setAttribute("role", "tab");
    tab.dataset.tab = language;
    tab.addEventListener("click", () => choose(language));
    bar.append(tab);
    return tab;
  });
  const isEmpty = (language) => fields.some((field) => field.dataset.language === language && !field.value.trim()
    && fields.some((other) => other.dataset.text === field.dataset.text && other.value.trim()));
  const name = (tab) => {
    tab.textContent = names.of(tab.dataset.tab);
    tab.classList.toggle("is-missing", isEmpty(tab.dataset.tab));
  };
  const choose = (language) => {
    for (const tab of tabs) {
      const isChosen = tab.dataset.tab === language;
      tab.setAttribute("aria-selected", isChosen);
      tab.tabIndex = isChosen ? 0 : -1;
    }
    for (const field of fields) row(field).hidden = field.dataset.language !== language;
  };
  bar.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const forward = document.dir === "rtl" ? -step : step;
    const next = tabs[(tabs.indexOf(document.activeElement) + forward + tabs.length) % tabs.length];
    choose(next.dataset.tab);
    next.focus();
  });
  document.addEventListener("input", () => tabs.forEach(name));
  tabs.forEach(name);
  row(fields[0]).before(bar);
  const wrong = fields.find((field) => row(field).querySelector(".errors, .errorlist"));
  choose(wrong ? wrong.dataset.language : languages[0]);
  document.addEventListener("invalid", (event) => event.target.dataset.language && choose(event.target.dataset.language), true);
})();
