/** Who and what is told of a project's inspections: recipients, the limits of mails, rules, targets. */
import { Stack } from "@mantine/core";
import type { Project } from "@sightline/api/projects";
import { LimitsPanel } from "./limits-panel.js";
import { RecipientsPanel } from "./recipients-panel.js";
import { RulesPanel } from "./rules-panel.js";
import { TargetsPanel } from "./targets-panel.js";

export function AlertsTab({ project }: { project: Project }) {
  return (
    <Stack gap="lg" maw={860}>
      <RecipientsPanel projectId={project.id} />
      <LimitsPanel key={project.id} project={project} />
      <RulesPanel projectId={project.id} />
      <TargetsPanel projectId={project.id} />
    </Stack>
  );
}
