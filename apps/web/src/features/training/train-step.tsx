/** The third step: start the training, watch it, stop it. */
import { Accordion, Button, Group, NumberInput, Radio, Select, SimpleGrid, Stack, Text } from "@mantine/core";
import { mdiArrowLeft, mdiPlayCircleOutline } from "@mdi/js";
import type { TileChoice } from "@sightline/api/jobs";
import type { MethodChoice } from "@sightline/api/methods";
import type { Project } from "@sightline/api/projects";
import { useEffect, useRef, useState } from "react";
import { useApi, useChange } from "../../app/api.js";
import { isOver } from "../../app/live-events.js";
import { ActionButton } from "../../components/action-button.js";
import { plural } from "../../components/format.js";
import { Icon } from "../../components/icon.js";
import { PageLoading } from "../../components/loading.js";
import { Panel } from "../../components/panel.js";
import { isNormal, isPlainDefect, readiness, sortLabels, titleOf } from "../projects/labels.js";
import { useAnswers } from "../projects/use-answers.js";
import { hasEpochs, methodsInWords, readinessOf } from "./methods.js";
import { TrainingFailed, TrainingProgress } from "./training-progress.js";
import { TrainingStopped } from "./training-stopped.js";
import { useTraining } from "./use-training.js";

export interface TrainStepProps {
  project: Project;
  onBack: () => void;
  onResult: () => void;
}

/** In seconds; the server's own choice is as long as it takes. */
const budgets = [
  { value: "", label: "As long as it takes" },
  { value: "120", label: "2 minutes" },
  { value: "300", label: "5 minutes" },
  { value: "600", label: "10 minutes" },
  { value: "1200", label: "20 minutes" },
  { value: "3600", label: "1 hour" },
];

/** Sides in pixels of the pictures. */
const tileSides = [128, 192, 256, 384, 512, 768, 1024];
const tileChoices = [
  { value: "auto", label: "Where masks ask for them" },
  { value: "none", label: "None: pictures as a whole" },
  ...tileSides.map((side) => ({ value: `${side}`, label: `${side} × ${side} pixels` })),
];

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
      {job?.status === "stopped" && <TrainingStopped job={job} />}
      {job !== undefined && job.status !== "succeeded" && job.status !== "stopped" && <TrainingFailed job={job} />}
      <StartTraining project={project} onBack={onBack} />
    </Stack>
  );
}

function StartTraining({ project, onBack }: { project: Project; onBack: () => void }) {
  const [method, setMethod] = useState<MethodChoice>("auto");
  const [seed, setSeed] = useState<number>(0);
  const [budget, setBudget] = useState("");
  const [tile, setTile] = useState("auto");
  const [backbone, setBackbone] = useState("");
  const backbones = useApi("listBackbones", {}).data?.items ?? [];
  const start = useChange("startTraining");
  const { byLabel } = project.samples;
  const answers = useAnswers(project.id) ?? "label";
  const { ready, advice } = answers === "label" ? readiness(byLabel) : readinessOf(project.samples.train, answers);
  const suitable = methodsInWords.filter((one) => one.for.includes(answers));
  const tiles: { tile?: TileChoice } =
    answers === "label" ? { tile: tile === "auto" || tile === "none" ? tile : Number(tile) } : {};
  const budgetSeconds = budget === "" || !hasEpochs(method) ? {} : { budgetSeconds: Number(budget) };
  const parts = sortLabels(Object.keys(byLabel)).map(
    (label) => `${byLabel[label]} ${isNormal(label) || isPlainDefect(label) ? titleOf(label).toLowerCase() : label}`,
  );
  return (
    <Panel title="Ready to train" note={parts.length === 0 ? undefined : `${parts.join(", ")}. ${advice}`}>
      <Stack gap="md">
        <Text size="sm" c="dimmed">
          Every fifth picture is kept aside, so that the result is measured on pictures the model never saw. A training
          takes seconds to many minutes, by method; running inspections go on meanwhile.
        </Text>
        <Radio.Group value={method} onChange={(value) => setMethod(value as MethodChoice)} label="Method">
          <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="sm" mt={6}>
            {suitable.map((one) => (
              <Radio.Card key={one.value} value={one.value} radius="md" p="sm">
                <Group wrap="nowrap" align="flex-start" gap="sm">
                  <Radio.Indicator />
                  <div>
                    <Text size="sm" fw={600}>
                      {one.title}
                    </Text>
                    <Text size="xs" c="dimmed">
                      {one.note}
                    </Text>
                  </div>
                </Group>
              </Radio.Card>
            ))}
          </SimpleGrid>
        </Radio.Group>
        <Accordion variant="contained" radius="md">
          <Accordion.Item value="more">
            <Accordion.Control>More settings</Accordion.Control>
            <Accordion.Panel>
              <Group align="flex-start" grow>
                <Select
                  label="Time"
                  description="Ends within it, with the best so far"
                  data={budgets}
                  value={budget}
                  onChange={(value) => setBudget(value ?? "")}
                  disabled={!hasEpochs(method)}
                  allowDeselect={false}
                  miw={200}
                />
                {answers === "label" && (
                  <Select
                    label="Tiles"
                    description="For small defects in large pictures; each tile takes as long as a picture"
                    data={tileChoices}
                    value={tile}
                    onChange={(value) => setTile(value ?? "auto")}
                    allowDeselect={false}
                    miw={200}
                  />
                )}
                {backbones.length > 1 && (
                  <Select
                    label="Backbone"
                    description="The pretrained network that it starts from"
                    data={backbones.map(({ name, isDefault }) => ({
                      value: isDefault ? "" : name,
                      label: isDefault ? `${name} (the usual one)` : name,
                    }))}
                    value={backbone}
                    onChange={(value) => setBackbone(value ?? "")}
                    allowDeselect={false}
                    miw={200}
                  />
                )}
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
            onClick={() =>
              start.mutate({
                params: { projectId: project.id },
                body: { method, seed, ...tiles, ...budgetSeconds, ...(backbone && { backbone }) },
              })
            }
          >
            Train on {plural(project.samples.train, "picture")}
          </ActionButton>
        </Group>
      </Stack>
    </Panel>
  );
}
