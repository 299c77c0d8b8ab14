// Chooses the browser's time zone when none is chosen, and takes the focus to what needs a change.
(() => {
  const zones = document.querySelector("select[name=time_zone]");
  if (zones && !zones.value) {
    const renamed = {
      "America/Buenos_Aires": "America/Argentina/Buenos_Aires",
      "Asia/Calcutta": "Asia/Kolkata",
      "Asia/Katmandu": "Asia/Kathmandu",
      "Asia/Saigon": "Asia/Ho_Chi_Minh",
      "Europe/Kiev": "Europe/Kyiv",
    };
    const found = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
    const name = renamed[found] || found;
    if (name.includes("/") && !name.startsWith("Etc/")) {
      if (![...zones.options].some((option) => option.value === name)) {
        zones.add(new Option(name.split("/").pop().replaceAll("_", " "), name));
      }
      zones.value = name;
    }
  }
  document.querySelector(".summary")?.focus();
})();
