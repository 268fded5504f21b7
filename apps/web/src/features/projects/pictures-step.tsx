/** The second step: pictures dropped by label, sent as they come, with a way to name further kinds. */
import { Button, Group, SegmentedControl, SimpleGrid, Stack, Text } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { mdiArrowRight } from "@mdi/js";
import type { Project } from "@sightline/api/projects";
import { useState } from "react";
import { Icon } from "../../components/icon.js";
import { PageLoading } from "../../components/loading.js";
import { type Answers, readinessOf } from "../training/methods.js";
import { AddLabel } from "./add-label.js";
import { AnnotatedPictures } from "./annotated-pictures.js";
import { LabelPanel } from "./label-panel.js";
import { isNormal, labelsToShow, readiness } from "./labels.js";
import { UploadReport } from "./upload-report.js";
import { useAnswers } from "./use-answers.js";
import { useUploads } from "./use-uploads.js";

type Aim = "defects" | "classes" | "labels" | "boxes";

const aims: readonly { value: Aim; label: string }[] = [
  { value: "defects", label: "Good or defective" },
  { value: "classes", label: "Several classes" },
  { value: "labels", label: "Several labels each" },
  { value: "boxes", label: "Boxes around things" },
];

export function PicturesStep({ project, onNext }: { project: Project; onNext: () => void }) {
  const answers = useAnswers(project.id);
  if (answers === undefined) return <PageLoading />;
  const begunAs = answers === null ? "defects" : aimOf(answers, Object.keys(project.samples.byLabel));
  return <Pictures project={project} begunAs={begunAs} onNext={onNext} />;
}

/** @param begunAs of the first moment; what arrives while the page is open changes nothing about what is asked */
function Pictures({ project, begunAs, onNext }: { project: Project; begunAs: Aim; onNext: () => void }) {
  const { byLabel, train, test } = project.samples;
  const existing = Object.keys(byLabel);
  const hasPictures = train + test > 0;
  const [aim, setAim] = useState(begunAs);
  const [isBusy, setBusy] = useState(false);
  const isNarrow = useMediaQuery("(max-width: 48em)", false, { getInitialValueInEffect: false });
  const { ready, advice } =
    aim === "labels" || aim === "boxes" ? readinessOf(existing.length === 0 ? 0 : train, aim) : readiness(byLabel, aim);
  return (
    <Stack gap="lg">
      {!hasPictures && (
        <SegmentedControl
          aria-label="What shall be told apart?"
          value={aim}
          onChange={(value) => setAim(value as Aim)}
          data={[...aims]}
          orientation={isNarrow ? "vertical" : "horizontal"}
          style={{ alignSelf: "flex-start", maxWidth: "100%", overflowX: "auto" }}
        />
      )}
      {aim === "labels" || aim === "boxes" ? (
        <AnnotatedPictures project={project} answers={aim} onBusy={setBusy} />
      ) : (
        <PicturesByLabel project={project} aim={aim} onBusy={setBusy} />
      )}
      <Group justify="flex-end" gap="md">
        <Text size="sm" c="dimmed" role="status" flex="1 1 200px" ta={{ base: "left", sm: "right" }}>
          {isBusy ? "Pictures are still on their way." : advice}
        </Text>
        <Button onClick={onNext} disabled={!ready || isBusy} rightSection={<Icon path={mdiArrowRight} size={18} />}>
          Continue to the training
        </Button>
      </Group>
    </Stack>
  );
}

/** What a project that has pictures is for. */
function aimOf(answers: Answers, existing: readonly string[]): Aim {
  if (answers !== "label") return answers;
  return existing.some(isNormal) ? "defects" : "classes";
}

interface ByLabelProps {
  project: Project;
  aim: "defects" | "classes";
  onBusy: (isBusy: boolean) => void;
}

function PicturesByLabel({ project, aim, onBusy }: ByLabelProps) {
  const [added, setAdded] = useState<string[]>([]);
  const uploads = useUploads(project.id, onBusy);
  const labels = labelsToShow(Object.keys(project.samples.byLabel), added, aim);
  return (
    <>
      <div>
        <AddLabel aim={aim} taken={labels} onAdd={(label) => setAdded([...added, label])} />
      </div>
      <UploadReport uploads={uploads} />
      {labels.length === 0 ? (
        <Text c="dimmed" py="xl" ta="center">
          Name the first class above, such as “screw” or “open”; then drop its pictures.
        </Text>
      ) : (
        <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg">
          {labels.map((label) => (
            <LabelPanel key={label} project={project} label={label} uploads={uploads} />
          ))}
        </SimpleGrid>
      )}
    </>
  );
}
