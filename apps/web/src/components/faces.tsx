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
import type { ReactNode } from "react";
import { Link, useRouteError } from "react-router";
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

/** The last resort: a page threw, or its JavaScript could not be loaded after an update of the server. */
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
