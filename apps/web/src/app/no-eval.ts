/**
 * Tells zod not to compile its checks with `new Function`, which the server's Content-Security-Policy forbids
 * (zod only finds that out by trying, and the browser reports each try as an error). Imported before everything else.
 */
const holder = globalThis as { __zod_globalConfig?: { jitless?: boolean } };
holder.__zod_globalConfig = { ...holder.__zod_globalConfig, jitless: true };

export {};
