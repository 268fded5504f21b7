/** The project's pictures by label, to add to and to remove from. */
import { Anchor, SimpleGrid, Stack, Text } from "@mantine/core";
import { mdiImageMultipleOutline } from "@mdi/js";
import type { Project } from "@sightline/api/projects";
import { useState } from "react";
import { Link } from "react-router";
import { useMay } from "../../app/session.js";
import { Face } from "../../components/face.js";
import { PageLoading } from "../../components/loading.js";
import { Panel } from "../../components/panel.js";
import { AddLabel } from "./add-label.js";
import { AnnotatedPictures } from "./annotated-pictures.js";
import { Gallery } from "./gallery.js";
import { LabelPanel } from "./label-panel.js";
import { isNormal, labelsToShow, sortLabels, titleOf } from "./labels.js";
import { UploadReport } from "./upload-report.js";
import { useAnswers } from "./use-answers.js";
import { useUploads } from "./use-uploads.js";

export function PicturesTab({ project }: { project: Project }) {
  const may = useMay("addSample");
  const answers = useAnswers(project.id);
  if (answers === undefined) return <PageLoading />;
  if (answers === "labels" || answers === "boxes") return <AnnotatedPictures project={project} answers={answers} />;
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
      {existing.length === 0 && (
        <Text size="sm" c="dimmed">
          Several labels on each picture, or boxes around things?{" "}
          <Anchor component={Link} to={`/projects/${project.id}/setup?step=pictures`} size="sm">
            Choose it in the set-up
          </Anchor>
        </Text>
      )}
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
