/** One model version: its report, its file, its start and stop. */

import { Badge, Button } from "@mantine/core";
import { mdiCardTextOutline, mdiChartBellCurve, mdiDownload, mdiFlaskOutline, mdiImageSearchOutline } from "@mdi/js";
import type { ModelDetail } from "@sightline/api/models";
import type { Project } from "@sightline/api/projects";
import { Link, useNavigate } from "react-router";
import { client, useChange } from "../../app/api.js";
import { ConfirmButton } from "../../components/action-button.js";
import { bytes, localTime } from "../../components/format.js";
import { Icon } from "../../components/icon.js";
import { PageHeader } from "../../components/page-header.js";
import { ModelReport } from "./model-report.js";
import { OfVersion } from "./of-version.js";
import { StartStopButton } from "./start-stop-button.js";

export function Page() {
  return <OfVersion>{(model, project) => <ModelView model={model} project={project} />}</OfVersion>;
}

function ModelView({ model, project }: { model: ModelDetail; project: Project }) {
  const note = `${model.method}, ${model.source === "uploaded" ? "uploaded" : `trained on ${model.trainImages} pictures`} on ${localTime(model.createdAt)}`;
  const mark = model.isRunning ? (
    <Badge variant="light" color="good" radius="sm">
      Running
    </Badge>
  ) : undefined;
  const back = { to: `/models?project=${project.id}`, title: "Models" };
  return (
    <>
      <PageHeader title={`${project.name}, version ${model.version}`} mark={mark} note={note} back={back}>
        <Button
          component={Link}
          to={`/try?model=${model.id}`}
          variant="default"
          leftSection={<Icon path={mdiImageSearchOutline} size={18} />}
        >
          Try it
        </Button>
        <Button
          component={Link}
          to={`/models/${model.id}/evaluation`}
          variant="default"
          leftSection={<Icon path={mdiChartBellCurve} size={18} />}
        >
          Evaluate
        </Button>
        <Button
          component={Link}
          to={`/trials?project=${project.id}&model=${model.id}`}
          variant="default"
          leftSection={<Icon path={mdiFlaskOutline} size={18} />}
        >
          Trial
        </Button>
        <Button
          component="a"
          href={client.address("getModelFile", { params: { modelId: model.id } })}
          download={`${project.name}-v${model.version}.onnx`}
          variant="default"
          leftSection={<Icon path={mdiDownload} size={18} />}
        >
          ONNX, {bytes(model.sizeBytes)}
        </Button>
        <Button
          component="a"
          href={client.address("getModelCard", { params: { modelId: model.id } })}
          download={`${project.name}-v${model.version}-card.html`}
          variant="default"
          leftSection={<Icon path={mdiCardTextOutline} size={18} />}
        >
          Card
        </Button>
        <DeleteModel model={model} />
        <StartStopButton model={model} />
      </PageHeader>
      <ModelReport model={model} project={project} />
    </>
  );
}

function DeleteModel({ model }: { model: ModelDetail }) {
  const navigate = useNavigate();
  const remove = useChange("deleteModel", {
    done: `Version ${model.version} is deleted.`,
    onDone: () => void navigate(`/models?project=${model.projectId}`, { replace: true }),
  });
  return (
    <ConfirmButton
      route="deleteModel"
      variant="default"
      loading={remove.isPending}
      blocked={model.isRunning ? "Stop it first: a running version can’t be deleted." : undefined}
      question={`Delete version ${model.version}?`}
      consequence="The model file is deleted. Inspections it made stay, with its version number."
      confirm="Delete"
      onClick={() => remove.mutate({ params: { modelId: model.id } })}
    >
      Delete
    </ConfirmButton>
  );
}
