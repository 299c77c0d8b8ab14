"use strict";
{
  const place = document.getElementById("docs");
  SwaggerUIBundle({
    url: place.dataset.schema,
    domNode: place,
    defaultModelsExpandDepth: 0,
    onComplete: () => document.getElementById(location.hash.slice(1))?.scrollIntoView(),
  });
}
