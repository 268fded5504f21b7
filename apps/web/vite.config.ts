/** Builds the browser side into dist/: static files that the server sends as they are. */

import { addresses } from "@sightline/api/addresses";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const server = process.env.SIGHTLINE_URL ?? "http://127.0.0.1:8080";

/**
 * Routes are declared with their schemas and the prose of the API's description; pages need only their addresses. The
 * table of addresses is made of the routes here, while building, and travels as plain values.
 */
const addressesAsValues: Plugin = {
  name: "sightline-addresses",
  enforce: "pre",
  load(id) {
    if (!id.endsWith("/packages/api/dist/addresses.js")) return null;
    return `export const addresses = JSON.parse(${JSON.stringify(JSON.stringify(addresses))});`;
  },
};

export default defineConfig({
  plugins: [addressesAsValues, react()],
  build: {
    target: "es2022",
    sourcemap: false,
    // The server's Content-Security-Policy allows scripts and styles from its own address only.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: { proxy: { "/api": { target: server, ws: true }, "/signin": server, "/getsignedurl": server } },
});
