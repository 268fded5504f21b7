/** The mails and messages this inspection caused. */
import { Anchor, Text } from "@mantine/core";
import { Link } from "react-router";
import { Panel } from "../../components/panel.js";
import { MessageRows } from "../messages/message-rows.js";
import type { InspectionDetail } from "./inspection-detail.js";

export function MessagesPanel({ inspection }: { inspection: InspectionDetail }) {
  if (inspection.actions.length > 0) {
    return (
      <Panel title="Messages" flush>
        <MessageRows messages={inspection.actions} />
      </Panel>
    );
  }
  if (inspection.isAnomalous !== true) return null;
  return (
    <Panel title="Messages">
      <Text size="sm" c="dimmed">
        This defect has no mail of its own: it is in its camera’s digest, or the project had no recipients.{" "}
        <Anchor component={Link} inherit to={`/projects/${inspection.projectId}?tab=alerts`}>
          See who is told
        </Anchor>
      </Text>
    </Panel>
  );
}
