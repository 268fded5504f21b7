/** The verdict in large, how sure it is, and where the score stands against the threshold. */
import { Alert, Group, Stack, Text } from "@mantine/core";
import { mdiAlertOctagonOutline } from "@mdi/js";
import { DefectAreas } from "../../components/defect-areas.js";
import { percent, plural } from "../../components/format.js";
import { Icon } from "../../components/icon.js";
import { Panel } from "../../components/panel.js";
import { ScoreScale } from "../../components/score-scale.js";
import { lookOf, Verdict } from "../../components/verdict.js";
import type { InspectionDetail } from "./inspection-detail.js";

export function VerdictPanel({ inspection }: { inspection: InspectionDetail }) {
  const { failure, score, confidence, status, anomalies } = inspection;
  return (
    <Panel>
      <Stack gap="md" pt={4} aria-live="polite">
        <Group justify="space-between">
          <Verdict look={lookOf(inspection)} size="xl" />
          {confidence !== null && (
            <div style={{ textAlign: "right" }}>
              <Text fz={22} fw={620} lh={1.2}>
                {percent(confidence)}
              </Text>
              <Text size="xs" c="dimmed">
                confidence
              </Text>
            </div>
          )}
        </Group>
        {score !== null && <ScoreScale score={score} />}
        {anomalies !== null && <DefectAreas anomalies={anomalies} />}
        {failure !== null && (
          <Alert
            color="grape"
            variant="light"
            style={{ overflowWrap: "anywhere" }}
            icon={<Icon path={mdiAlertOctagonOutline} />}
            title={`After ${plural(inspection.attempts, "attempt")}`}
          >
            {failure.message}{" "}
            <Text span size="xs" c="dimmed">
              ({failure.code})
            </Text>
          </Alert>
        )}
        {status === "waiting" && (
          <Text size="sm" c="dimmed">
            The picture is stored. It is inspected as soon as a model of project “{inspection.projectName}” runs.
          </Text>
        )}
      </Stack>
    </Panel>
  );
}
