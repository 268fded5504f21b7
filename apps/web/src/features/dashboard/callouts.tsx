/** What needs a person now: pictures without a model, failures, unsent mails, a nearly full disk. Nothing when all is well. */
import { Alert, Anchor, Stack } from "@mantine/core";
import { mdiAlertOctagonOutline, mdiEmailAlertOutline, mdiHarddisk, mdiPauseCircleOutline } from "@mdi/js";
import type { Stats } from "@sightline/api/inspections";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { useApi } from "../../app/api.js";
import { bytes, plural } from "../../components/format.js";
import { Icon } from "../../components/icon.js";

export function Callouts({ stats, project }: { stats: Stats | undefined; project: string | undefined }) {
  const system = useApi("getSystem").data;
  const parked = useApi("listActions", { query: { status: "parked", limit: 50 } }).data?.items.length ?? 0;
  const suffix = project === undefined ? "" : `&project=${project}`;
  const { waiting = 0, failed = 0 } = stats?.totals ?? {};
  const diskIsLow = system !== undefined && system.freeDiskBytes < system.minFreeDiskBytes * 1.5;
  if (waiting + failed + parked === 0 && !diskIsLow) return null;
  return (
    <Stack gap="sm">
      {waiting > 0 && (
        <Callout
          icon={mdiPauseCircleOutline}
          color="yellow"
          to={`/models${project ? `?project=${project}` : ""}`}
          link="Start a model"
        >
          {plural(waiting, "picture waits", "pictures wait")} for a running model. They are safe and will be inspected
          then.
        </Callout>
      )}
      {failed > 0 && (
        <Callout
          icon={mdiAlertOctagonOutline}
          color="grape"
          to={`/inspections?status=failed${suffix}`}
          link="Look at them"
        >
          {plural(failed, "inspection")} failed in this window.
        </Callout>
      )}
      {parked > 0 && (
        <Callout icon={mdiEmailAlertOutline} color="grape" to="/messages?status=parked" link="Open the messages">
          {plural(parked, "mail")} could not be delivered.
        </Callout>
      )}
      {diskIsLow && (
        <Callout icon={mdiHarddisk} color="defect" to="/inspections" link="Delete old inspections">
          {bytes(system.freeDiskBytes)} of disk are free; below {bytes(system.minFreeDiskBytes)} new pictures are
          refused.
        </Callout>
      )}
    </Stack>
  );
}

interface CalloutProps {
  icon: string;
  color: string;
  to: string;
  link: string;
  children: ReactNode;
}

function Callout({ icon, color, to, link, children }: CalloutProps) {
  return (
    <Alert color={color} variant="light" radius="lg" icon={<Icon path={icon} />} py="sm">
      {children}{" "}
      <Anchor component={Link} to={to} inherit fw={600}>
        {link}
      </Anchor>
    </Alert>
  );
}
