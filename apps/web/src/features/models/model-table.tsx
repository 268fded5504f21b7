/** The versions of one project's model: how good each is, which one runs. */
import { Anchor, Badge, Button, Group, Text } from "@mantine/core";
import { mdiCubeOutline } from "@mdi/js";
import type { Model } from "@sightline/api/models";
import { Link } from "react-router";
import { useApi } from "../../app/api.js";
import { Answer } from "../../components/answer.js";
import { Face } from "../../components/face.js";
import { percent } from "../../components/format.js";
import { Panel } from "../../components/panel.js";
import rows from "../../components/rows.module.css";
import { TimeText } from "../../components/time-text.js";
import { StartStopButton } from "./start-stop-button.js";
import { UploadModel } from "./upload-model.js";

export function ModelTable({ projectId, title = "Versions" }: { projectId: string; title?: string }) {
  const models = useApi("listModels", { query: { project: projectId } });
  return (
    <Panel
      title={title}
      side={
        <Group gap="xs">
          {(models.data?.items.length ?? 0) > 1 && (
            <Button component={Link} to={`/models/compare?project=${projectId}`} variant="default" size="xs">
              Compare
            </Button>
          )}
          <UploadModel projectId={projectId} />
        </Group>
      }
      flush
    >
      <Answer query={models} compact>
        {({ items }) =>
          items.length === 0 ? (
            <Face
              compact
              icon={mdiCubeOutline}
              title="No model yet"
              action={
                <Anchor component={Link} to={`/projects/${projectId}/setup?step=train`} size="sm" fw={600}>
                  Train the first one
                </Anchor>
              }
            />
          ) : (
            <ul className={rows.list}>
              {items.map((model) => (
                <ModelRow key={model.id} model={model} />
              ))}
            </ul>
          )
        }
      </Answer>
    </Panel>
  );
}

function ModelRow({ model }: { model: Model }) {
  const origin = model.source === "uploaded" ? "uploaded" : `${model.trainImages} pictures`;
  return (
    <li className={rows.row}>
      <div className={rows.main}>
        <Group gap="xs">
          <Anchor component={Link} to={`/models/${model.id}`} fw={600} size="sm">
            Version {model.version}
          </Anchor>
          {model.isRunning && (
            <Badge size="sm" variant="light" color="good" radius="sm">
              Running
            </Badge>
          )}
        </Group>
        <Text size="xs" c="dimmed">
          {model.method}, {origin}, <TimeText time={model.createdAt} />
        </Text>
      </div>
      {model.task === "detection" ? (
        <Figure title="mAP50" value={percent(model.metrics?.mAP50)} />
      ) : (
        <Figure title="Accuracy" value={percent(model.metrics?.accuracy)} />
      )}
      {model.task === "anomaly" && <Figure title="AUROC" value={percent(model.metrics?.auroc)} />}
      <StartStopButton model={model} size="xs" />
    </li>
  );
}

function Figure({ title, value }: { title: string; value: string }) {
  return (
    <div style={{ minWidth: 72 }}>
      <Text size="xs" c="dimmed">
        {title}
      </Text>
      <Text size="sm" fw={600} className="figures">
        {value}
      </Text>
    </div>
  );
}
