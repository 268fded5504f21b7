/** The third step: start the training, watch it, stop it. */
import { Accordion, Button, Group, NumberInput, Select, Stack, Text } from "@mantine/core";
import { mdiArrowLeft, mdiPlayCircleOutline } from "@mdi/js";
import type { Project } from "@sightline/api/schemas";
import { useEffect, useRef, useState } from "react";
import { useChange } from "../../app/api.js";
import { isOver } from "../../app/live-events.js";
import { ActionButton } from "../../components/action-button.js";
import { plural } from "../../components/format.js";
import { Icon } from "../../components/icon.js";
import { PageLoading } from "../../components/loading.js";
import { Panel } from "../../components/panel.js";
import { isNormal, isPlainDefect, readiness, sortLabels, titleOf } from "../projects/labels.js";
import { TrainingFailed, TrainingProgress } from "./training-progress.js";
import { useTraining } from "./use-training.js";

export interface TrainStepProps {
  project: Project;
  onBack: () => void;
  onResult: () => void;
}

const methods = [
  { value: "auto", label: "Automatic: try what fits, keep the best" },
  { value: "classifier", label: "Classifier: needs good and defective parts" },
  { value: "patchcore", label: "Patch memory: learns from good parts only" },
];
type MethodChoice = "auto" | "classifier" | "patchcore";

export function TrainStep({ project, onBack, onResult }: TrainStepProps) {
  const { job, isPending } = useTraining(project.id);
  const watched = useRef<string>(undefined);
  if (job !== undefined && !isOver(job)) watched.current = job.id;
  const isFinished = job?.status === "succeeded" && job.id === watched.current;
  useEffect(() => {
    if (isFinished) onResult();
  });
  if (isPending) return <PageLoading />;
  if (job !== undefined && !isOver(job)) return <TrainingProgress job={job} />;
  return (
    <Stack gap="lg">
      {job !== undefined && job.status !== "succeeded" && <TrainingFailed job={job} />}
      <StartTraining project={project} onBack={onBack} />
    </Stack>
  );
}

function StartTraining({ project, onBack }: { project: Project; onBack: () => void }) {
  const [method, setMethod] = useState<MethodChoice>("auto");
  const [seed, setSeed] = useState<number>(0);
  const start = useChange("startTraining");
  const { byLabel } = project.samples;
  const { ready, advice } = readiness(byLabel);
  const parts = sortLabels(Object.keys(byLabel)).map(
    (label) => `${byLabel[label]} ${isNormal(label) || isPlainDefect(label) ? titleOf(label).toLowerCase() : label}`,
  );
  return (
    <Panel title="Ready to train" note={parts.length === 0 ? undefined : `${parts.join(", ")}. ${advice}`}>
      <Stack gap="md">
        <Text size="sm" c="dimmed">
          Every fifth picture is kept aside, so that the result is measured on pictures the model never saw. A training
          takes seconds to a few minutes; running inspections go on meanwhile.
        </Text>
        <Accordion variant="contained" radius="md">
          <Accordion.Item value="more">
            <Accordion.Control>More settings</Accordion.Control>
            <Accordion.Panel>
              <Group align="flex-start" grow>
                <Select
                  label="Method"
                  data={methods}
                  value={method}
                  onChange={(value) => setMethod((value ?? "auto") as MethodChoice)}
                  allowDeselect={false}
                  miw={240}
                />
                <NumberInput
                  label="Seed"
                  description="The same seed gives the same model"
                  value={seed}
                  onChange={(value) => setSeed(Number(value) || 0)}
                  min={0}
                  max={2147483647}
                  allowDecimal={false}
                  miw={180}
                />
              </Group>
            </Accordion.Panel>
          </Accordion.Item>
        </Accordion>
        <Group justify="space-between">
          <Button variant="default" leftSection={<Icon path={mdiArrowLeft} size={18} />} onClick={onBack}>
            Pictures
          </Button>
          <ActionButton
            route="startTraining"
            leftSection={<Icon path={mdiPlayCircleOutline} />}
            loading={start.isPending}
            blocked={ready ? undefined : advice}
            onClick={() => start.mutate({ params: { projectId: project.id }, body: { method, seed } })}
          >
            Train on{" "}
            {plural(
              Object.values(byLabel).reduce((sum, one) => sum + one, 0),
              "picture",
            )}
          </ActionButton>
        </Group>
      </Stack>
    </Panel>
  );
}
