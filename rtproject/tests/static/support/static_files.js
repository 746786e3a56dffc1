// Lets Node find modules as a browser does: the server merges the `static` folders of the apps.

import { registerHooks } from "node:module";

const APP = /\/(?!tests\/)\w+\/static\/(\w+)\/(?=[^/]+\.js$)/;

registerHooks({
  resolve(specifier, context, next) {
    if (!specifier.startsWith(".")) return next(specifier, context);
    const { href } = new URL(specifier, context.parentURL);
    return next(href.replace(APP, "/$1/static/$1/"), context);
  },
  load: (url, context, next) => next(url, /^file:.*\.js$/.test(url) ? { ...context, format: "module" } : context),
});
