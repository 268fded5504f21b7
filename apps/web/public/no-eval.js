/**
 * Tells zod not to compile its checks with `new Function`, which the server's Content-Security-Policy forbids: zod only
 * finds that out by trying, and the browser reports the try as an error. A file of its own, because it must run first.
 */
globalThis.__zod_globalConfig = { jitless: true };
