/** The whole-page faces: signed out, no permission, server away, page missing, page broken. */

import { Button, Code, List } from "@mantine/core";
import {
  mdiAccountKeyOutline,
  mdiAlertOutline,
  mdiCctv,
  mdiLanDisconnect,
  mdiLockOutline,
  mdiMapMarkerQuestionOutline,
} from "@mdi/js";
import type { RouteName } from "@sightline/api/routes";
import { type ReactNode, useEffect, useRef } from "react";
import { Link, useRouteError } from "react-router";
import { useIsLive } from "../app/live.js";
import { useMay } from "../app/session.js";
import { CopyLine } from "./copy-line.js";
import { Face } from "./face.js";
import { LinkFace } from "./link-face.js";

export function SignInNeeded() {
  return (
    <main>
      <Face
        icon={mdiAccountKeyOutline}
        title="Open your sign-in link"
        action={<Button onClick={() => window.location.reload()}>I have signed in</Button>}
      >
        <p>Sightline has no passwords. A link signs this browser in; each link works once.</p>
        <List ta="left" spacing="sm" size="sm">
          <List.Item>
            Starting the server prints a link: look for <Code>/signin/</Code> in its output.
          </List.Item>
          <List.Item>
            An admin makes one under “People &amp; tokens”, or on the server’s machine with
            <CopyLine text="npx --no-install sightline user link" />
          </List.Item>
        </List>
      </Face>
    </main>
  );
}

export function DeviceOnly({ name }: { name: string }) {
  return (
    <main>
      <Face icon={mdiCctv} title="This token is for a device" tone="alert">
        “{name}” may send pictures but not look at them. Ask an admin for a sign-in link.
      </Face>
    </main>
  );
}

export function ServerUnreachable({ error, retry }: { error: Error | null; retry: () => void }) {
  return (
    <main>
      <Face
        icon={mdiLanDisconnect}
        title="The server does not answer"
        tone="alert"
        action={<Button onClick={retry}>Try again</Button>}
      >
        {error?.message ?? "Check that Sightline is running and that this machine reaches it."}
      </Face>
    </main>
  );
}

export function NotFound() {
  return (
    <LinkFace icon={mdiMapMarkerQuestionOutline} title="There is no such page" to="/" link="Go to the dashboard">
      The address may be old or mistyped.
    </LinkFace>
  );
}

/** The page's JavaScript did not come: the server is away, or was updated since this tab was opened. */
export function PageNotLoaded() {
  const isLive = useIsLive();
  const wasLost = useRef(false);
  useEffect(() => {
    if (!isLive) wasLost.current = true;
    else if (wasLost.current) window.location.reload();
  }, [isLive]);
  return (
    <Face
      icon={mdiLanDisconnect}
      title="This page could not be loaded"
      tone="alert"
      action={<Button onClick={() => window.location.reload()}>Load it again</Button>}
    >
      {isLive
        ? "If the server was just updated, loading again helps."
        : "The server does not answer. The page loads by itself when it is back."}
    </Face>
  );
}

/** The last resort: a page threw. */
export function PageCrashed() {
  const error = useRouteError();
  return (
    <Face
      icon={mdiAlertOutline}
      title="This page could not be shown"
      tone="alert"
      action={<Button onClick={() => window.location.reload()}>Load it again</Button>}
    >
      {error instanceof Error ? error.message : "An unknown error."} If the server was just updated, loading again
      helps.
    </Face>
  );
}

/** Shows its children only to roles that may call the route, else who to ask. */
export function Guard({ route, children }: { route: RouteName; children: ReactNode }) {
  const may = useMay(route);
  if (may.allowed) return children;
  return (
    <Face
      icon={mdiLockOutline}
      title="Not for your role"
      action={
        <Button component={Link} to="/" variant="light">
          Go to the dashboard
        </Button>
      }
    >
      {may.reason}
    </Face>
  );
}
