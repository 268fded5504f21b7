/** Which version inspected when, and the way back to the one before. */
import { Badge, Group, Text } from "@mantine/core";
import { mdiHistory, mdiUndoVariant } from "@mdi/js";
import type { Deployment } from "@sightline/api/models";
import { useState } from "react";
import { useApi, useChange } from "../../app/api.js";
import { ActionButton, ConfirmButton } from "../../components/action-button.js";
import { Answer } from "../../components/answer.js";
import { Face } from "../../components/face.js";
import { duration } from "../../components/format.js";
import { Icon } from "../../components/icon.js";
import { Panel } from "../../components/panel.js";
import rows from "../../components/rows.module.css";
import { TimeText } from "../../components/time-text.js";

const shownFirst = 6;

export function DeploymentsPanel({ projectId }: { projectId: string }) {
  const params = { projectId };
  const deployments = useApi("getDeployments", { params });
  const [isAll, setAll] = useState(false);
  const back = deployments.data?.rollBackTo ?? null;
  const rollBack = useChange("rollBack", { done: ({ version }) => `Version ${version} inspects again.` });
  return (
    <Panel
      title="What served when"
      flush
      side={
        back !== null && (
          <ConfirmButton
            route="rollBack"
            size="xs"
            variant="default"
            leftSection={<Icon path={mdiUndoVariant} size={16} />}
            loading={rollBack.isPending}
            question={`Go back to version ${back.modelVersion}?`}
            consequence={`It inspects from now on, with the threshold it had last (${back.threshold.toFixed(3)}). Pictures that are being inspected are finished; none is lost.`}
            confirm="Roll back"
            onClick={() => rollBack.mutate({ params })}
          >
            Roll back to version {back.modelVersion}
          </ConfirmButton>
        )
      }
    >
      <Answer query={deployments} compact>
        {({ items }) =>
          items.length === 0 ? (
            <Face compact icon={mdiHistory} title="No version has inspected yet" />
          ) : (
            <>
              <ul className={rows.list} aria-label="What served when">
                {(isAll ? items : items.slice(0, shownFirst)).map((one) => (
                  <Row key={one.id} deployment={one} />
                ))}
              </ul>
              {items.length > shownFirst && !isAll && (
                <Group px={20} pb={12}>
                  <ActionButton route="getDeployments" variant="subtle" size="xs" onClick={() => setAll(true)}>
                    Show all
                  </ActionButton>
                </Group>
              )}
            </>
          )
        }
      </Answer>
    </Panel>
  );
}

const ends = { replaced: "replaced", rolledBack: "rolled back", stopped: "stopped" } as const;

function Row({ deployment }: { deployment: Deployment }) {
  const { modelVersion, kind, startedAt, startedBy, endedAt, endedBy, end } = deployment;
  return (
    <li className={rows.row}>
      <div className={rows.main}>
        <Group gap="xs">
          <Text size="sm" fw={600}>
            Version {modelVersion}
          </Text>
          {endedAt === null && (
            <Badge size="sm" variant="light" color="good" radius="sm">
              Running
            </Badge>
          )}
          {kind === "rollback" && (
            <Badge size="sm" variant="light" color="gray" radius="sm">
              Rollback
            </Badge>
          )}
        </Group>
        <Text size="xs" c="dimmed">
          <TimeText time={startedAt} /> by {startedBy}
          {endedAt !== null && end !== null && (
            <>
              {" "}
              to <TimeText time={endedAt} />, {ends[end]} by {endedBy}
            </>
          )}
        </Text>
      </div>
      <Text size="sm" c="dimmed" className="figures">
        {endedAt === null ? (
          <TimeText time={startedAt} style="ago" />
        ) : (
          duration(Date.parse(endedAt) - Date.parse(startedAt))
        )}
      </Text>
    </li>
  );
}
