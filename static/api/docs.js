"use strict";
{
  const place = document.getElementById("docs");
  const font = "system-ui, sans-serif";
  // Redoc's search runs in a worker made from a blob, which this site's policy does not allow.
  const options = {
    disableSearch: true,
    hideDownloadButton: false,
    theme: {
      colors: { primary: { main: "#0f5e63" } },
      typography: { fontFamily: font, headings: { fontFamily: font } },
    },
  };
  Redoc.init(place.dataset.schema, options, place);
}
