/** Entry of the browser side: mounts the application into the page. */
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/app.js";
import { ignoreStrayDrops } from "./app/stray-drops.js";
import "@mantine/core/styles.css";
import "@mantine/notifications/styles.css";
import "@fontsource-variable/inter/wght.css";
import "./app/app.css";

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no element with the id root");
ignoreStrayDrops();
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
