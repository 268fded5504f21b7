/** The mails this inspection caused. */
import { Anchor, Text } from "@mantine/core";
import { Link } from "react-router";
import { useApi } from "../../app/api.js";
import { Panel } from "../../components/panel.js";
import { MailRows } from "../mails/mail-rows.js";
import type { InspectionDetail } from "./inspection-detail.js";

export function MailsPanel({ inspection }: { inspection: InspectionDetail }) {
  const system = useApi("getSystem").data;
  if (inspection.actions.length > 0) {
    return (
      <Panel title="Mails" flush>
        <MailRows mails={inspection.actions} />
      </Panel>
    );
  }
  if (inspection.isAnomalous !== true) return null;
  return (
    <Panel title="Mails">
      <Text size="sm" c="dimmed">
        No mail was sent.{" "}
        {system?.mailConfigured === false ? (
          "This server has no mail settings; docs/guide says how to set them."
        ) : (
          <Anchor component={Link} inherit to={`/projects/${inspection.projectId}?tab=settings`}>
            Name the recipients of this project
          </Anchor>
        )}
      </Text>
    </Panel>
  );
}
