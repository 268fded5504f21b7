/** Try a model on pictures: drop them, see what it says and why. */

import { Button, Group, Select, SimpleGrid, Stack, Switch, Text } from "@mantine/core";
import { mdiCubeOutline, mdiTrashCanOutline } from "@mdi/js";
import type { Model } from "@sightline/api/models";
import type { Project } from "@sightline/api/projects";
import { useState } from "react";
import { Link } from "react-router";
import { useApi } from "../../app/api.js";
import { useMay } from "../../app/session.js";
import { Answer } from "../../components/answer.js";
import { DropZone } from "../../components/drop-zone.js";
import { plural } from "../../components/format.js";
import { Icon } from "../../components/icon.js";
import { LinkFace } from "../../components/link-face.js";
import { PageHeader } from "../../components/page-header.js";
import { useUrlFilters } from "../../components/url-filters.js";
import { labelsToShow } from "../projects/labels.js";
import { reportOthers } from "../projects/report-others.js";
import { TrialCard } from "./trial-card.js";
import { useTrials } from "./use-trials.js";

export function Page() {
  const models = useApi("listModels");
  const projects = useApi("listProjects").data?.items ?? [];
  return (
    <>
      <PageHeader
        title="Try it"
        note="Drop pictures on a model and see its verdict. Nothing is recorded and no mail is sent."
      />
      <Answer query={models}>
        {({ items }) => (items.length === 0 ? <NoModel /> : <TryIt models={items} projects={projects} />)}
      </Answer>
    </>
  );
}

function NoModel() {
  return (
    <LinkFace icon={mdiCubeOutline} title="There is no model to try yet" to="/projects" link="Go to the projects">
      Train one from pictures first; it takes a minute or two.
    </LinkFace>
  );
}

function TryIt({ models, projects }: { models: readonly Model[]; projects: readonly Project[] }) {
  const { filters, set } = useUrlFilters(["model"]);
  const [withHeatMap, setWithHeatMap] = useState(true);
  const model = models.find((one) => one.id === filters.model) ?? models.find((one) => one.isRunning) ?? models[0];
  const { trials, add, clear, again, keep } = useTrials(model?.id);
  const nameOf = (one: Model) => projects.find((project) => project.id === one.projectId)?.name ?? "project";
  const project = projects.find((one) => one.id === model?.projectId);
  const labels = project && model ? labelsToOffer(project, model) : [];
  return (
    <Stack gap="lg">
      <Group justify="space-between" align="flex-end">
        <Select
          label="Model"
          w={{ base: "100%", xs: 320 }}
          value={model?.id ?? null}
          allowDeselect={false}
          onChange={(id) => {
            set({ model: id });
            again();
          }}
          data={models.map((one) => ({
            value: one.id,
            label: `${nameOf(one)}, version ${one.version}${one.isRunning ? " (running)" : ""}`,
          }))}
        />
        <Group>
          {model?.task === "anomaly" && (
            <Switch
              label="Show where"
              checked={withHeatMap}
              onChange={(event) => setWithHeatMap(event.currentTarget.checked)}
            />
          )}
          {trials.length > 0 && (
            <Button variant="default" leftSection={<Icon path={mdiTrashCanOutline} size={18} />} onClick={clear}>
              Clear
            </Button>
          )}
        </Group>
      </Group>
      <DropZone
        title="Drop pictures to try"
        note="JPEG or PNG, one or many. They are judged as a camera’s pictures would be."
        onFiles={({ pictures, others }) => {
          reportOthers(others);
          add(pictures.slice(0, 200));
        }}
      />
      {trials.length > 0 && project && model && (
        <>
          <SimpleGrid cols={{ base: 1, xs: 2, md: 3, lg: 4 }} spacing="lg" aria-live="polite">
            {trials.map((trial) => (
              <TrialCard
                key={trial.key}
                trial={trial}
                withHeatMap={withHeatMap}
                modelId={model.id}
                project={project}
                labels={labels}
                onKept={(kept) => keep(trial.key, kept)}
              />
            ))}
          </SimpleGrid>
          <NextStep project={project} kept={trials.filter((trial) => trial.kept?.projectId === project.id).length} />
        </>
      )}
    </Stack>
  );
}

/** The labels of the project's pictures and the model's classes, which an uploaded model brings without pictures. */
function labelsToOffer({ samples }: Project, { task, labels }: Model): string[] {
  const existing = Object.keys(samples.byLabel);
  if (task === "anomaly") return labelsToShow(existing, [], "defects");
  return labelsToShow(existing, labels, "classes");
}

function NextStep({ project, kept }: { project: Project; kept: number }) {
  const may = useMay("startTraining");
  if (kept === 0) {
    return (
      <Text size="sm" c="dimmed">
        Was an answer wrong? Add the picture to the project, put it right there, and the next training learns from it.
      </Text>
    );
  }
  return (
    <Group justify="space-between" role="status">
      <Text size="sm">
        {plural(kept, "picture")} added to {project.name}. A new version learns from {kept === 1 ? "it" : "them"}.
      </Text>
      {may.allowed && (
        <Button component={Link} to={`/projects/${project.id}/setup?step=train`} variant="light">
          Train again
        </Button>
      )}
    </Group>
  );
}
