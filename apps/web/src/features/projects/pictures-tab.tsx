/** The project's pictures by label, to add to and to remove from. */
import { SimpleGrid, Stack } from "@mantine/core";
import { mdiImageMultipleOutline } from "@mdi/js";
import type { Project } from "@sightline/api/schemas";
import { useState } from "react";
import { useMay } from "../../app/session.js";
import { Face } from "../../components/face.js";
import { Panel } from "../../components/panel.js";
import { AddLabel } from "./add-label.js";
import { Gallery } from "./gallery.js";
import { LabelPanel } from "./label-panel.js";
import { isNormal, labelsToShow, sortLabels, titleOf } from "./labels.js";
import { UploadReport } from "./upload-report.js";
import { useUploads } from "./use-uploads.js";

export function PicturesTab({ project }: { project: Project }) {
  const may = useMay("addSample");
  return may.allowed ? <EditablePictures project={project} /> : <ReadOnlyPictures project={project} />;
}

function EditablePictures({ project }: { project: Project }) {
  const uploads = useUploads(project.id);
  const [added, setAdded] = useState<string[]>([]);
  const existing = Object.keys(project.samples.byLabel);
  const aim = existing.length === 0 || existing.some(isNormal) ? "defects" : "classes";
  const labels = labelsToShow(existing, added, aim);
  return (
    <Stack gap="lg">
      <UploadReport uploads={uploads} />
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg">
        {labels.map((label) => (
          <LabelPanel key={label} project={project} label={label} uploads={uploads} />
        ))}
      </SimpleGrid>
      <div>
        <AddLabel aim={aim} taken={labels} onAdd={(label) => setAdded([...added, label])} />
      </div>
    </Stack>
  );
}

function ReadOnlyPictures({ project }: { project: Project }) {
  const labels = sortLabels(Object.keys(project.samples.byLabel));
  if (labels.length === 0) {
    return (
      <Face compact icon={mdiImageMultipleOutline} title="No pictures yet">
        An operator or an admin adds them here.
      </Face>
    );
  }
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg">
      {labels.map((label) => (
        <Panel key={label} title={titleOf(label)} note={`${project.samples.byLabel[label]} pictures`}>
          <Gallery projectId={project.id} label={label} stored={project.samples.byLabel[label] ?? 0} open={[]} />
        </Panel>
      ))}
    </SimpleGrid>
  );
}
