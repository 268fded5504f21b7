/** The mails this inspection caused. */
import { Anchor, Text } from "@mantine/core";
import { Link } from "react-router";
import { Panel } from "../../components/panel.js";
import { MailRows } from "../mails/mail-rows.js";
import type { InspectionDetail } from "./inspection-detail.js";

export function MailsPanel({ inspection }: { inspection: InspectionDetail }) {
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
        No mail was made for this defect: the project had no recipients.{" "}
        <Anchor component={Link} inherit to={`/projects/${inspection.projectId}?tab=settings`}>
          Name the recipients
        </Anchor>
      </Text>
    </Panel>
  );
}
