/** The last step: what the model can do, in plain words; then start it. */
import { Button, Group, Stack } from "@mantine/core";
import { mdiArrowLeft, mdiCctv, mdiCubeOutline, mdiImageSearchOutline } from "@mdi/js";
import type { Model } from "@sightline/api/models";
import type { Project } from "@sightline/api/projects";
import { Link } from "react-router";
import { useApi } from "../../app/api.js";
import { Answer } from "../../components/answer.js";
import { Face } from "../../components/face.js";
import { Icon } from "../../components/icon.js";
import { ModelReport } from "../models/model-report.js";
import { StartStopButton } from "../models/start-stop-button.js";

export interface ResultStepProps {
  project: Project;
  models: readonly Model[];
  onBack: () => void;
}

export function ResultStep({ project, models, onBack }: ResultStepProps) {
  const newest = models.find((model) => model.source === "trained") ?? models[0];
  const model = useApi("getModel", { params: { modelId: newest?.id ?? "" } }, { enabled: newest !== undefined });
  if (newest === undefined) {
    return (
      <Face icon={mdiCubeOutline} title="No model yet" action={<Button onClick={onBack}>Go to the training</Button>}>
        The result appears here after the first training.
      </Face>
    );
  }
  return (
    <Answer query={model}>
      {(detail) => (
        <Stack gap="lg">
          <ModelReport model={detail} project={project} />
          <Group justify="space-between">
            <Button variant="default" leftSection={<Icon path={mdiArrowLeft} size={18} />} onClick={onBack}>
              Train again
            </Button>
            <Group gap="sm">
              <Button
                component={Link}
                to={`/try?model=${detail.id}`}
                variant="default"
                leftSection={<Icon path={mdiImageSearchOutline} size={18} />}
              >
                Try it on pictures
              </Button>
              {detail.isRunning ? (
                <Button
                  component={Link}
                  to={`/cameras?project=${project.id}`}
                  leftSection={<Icon path={mdiCctv} size={18} />}
                >
                  It runs: connect a camera
                </Button>
              ) : (
                <StartStopButton model={detail} />
              )}
            </Group>
          </Group>
        </Stack>
      )}
    </Answer>
  );
}
