/** The second step: pictures dropped by label, sent as they come, with a way to name further kinds. */
import { Button, Group, SegmentedControl, SimpleGrid, Stack, Text } from "@mantine/core";
import { mdiArrowRight } from "@mdi/js";
import type { Project } from "@sightline/api/schemas";
import { useState } from "react";
import { Icon } from "../../components/icon.js";
import { AddLabel } from "./add-label.js";
import { LabelPanel } from "./label-panel.js";
import { isNormal, labelsToShow, readiness } from "./labels.js";
import { UploadReport } from "./upload-report.js";
import { useUploads } from "./use-uploads.js";

type Aim = "defects" | "classes";

export function PicturesStep({ project, onNext }: { project: Project; onNext: () => void }) {
  const { byLabel } = project.samples;
  const existing = Object.keys(byLabel);
  const [aim, setAim] = useState<Aim>(existing.length > 0 && !existing.some(isNormal) ? "classes" : "defects");
  const [added, setAdded] = useState<string[]>([]);
  const uploads = useUploads(project.id);
  const labels = labelsToShow(existing, added, aim);
  const { ready, advice } = readiness(byLabel, aim);
  return (
    <Stack gap="lg">
      <Group justify="space-between" gap="sm">
        <SegmentedControl
          aria-label="What shall be told apart?"
          value={aim}
          onChange={(value) => setAim(value === "classes" ? "classes" : "defects")}
          disabled={existing.length > 0}
          data={[
            { value: "defects", label: "Good or defective" },
            { value: "classes", label: "Several classes" },
          ]}
        />
        <AddLabel aim={aim} taken={labels} onAdd={(label) => setAdded([...added, label])} />
      </Group>
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
      <Group justify="flex-end" gap="md">
        <Text size="sm" c="dimmed" role="status" flex="1 1 200px" ta={{ base: "left", sm: "right" }}>
          {uploads.isBusy ? "Pictures are still on their way." : advice}
        </Text>
        <Button
          onClick={onNext}
          disabled={!ready || uploads.isBusy}
          rightSection={<Icon path={mdiArrowRight} size={18} />}
        >
          Continue to the training
        </Button>
      </Group>
    </Stack>
  );
}
