/** Builds the browser side into dist/: static files that the server sends as they are. */
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const server = process.env.SIGHTLINE_URL ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react()],
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
