/** One project: its pictures, its training, its models and its settings. */
import { Button, Group, Tabs } from "@mantine/core";
import type { Project } from "@sightline/api/projects";
import { Link, useNavigate, useParams } from "react-router";
import { useApi } from "../../app/api.js";
import { ActionButton } from "../../components/action-button.js";
import { Answer } from "../../components/answer.js";
import { plural } from "../../components/format.js";
import { PageHeader } from "../../components/page-header.js";
import { useUrlFilters } from "../../components/url-filters.js";
import { AlertsTab } from "../alerts/alerts-tab.js";
import { DeploymentsPanel } from "../models/deployments-panel.js";
import { ModelTable } from "../models/model-table.js";
import { JobsPanel } from "../training/jobs-panel.js";
import { RunningBadge } from "./list-page.js";
import { PicturesTab } from "./pictures-tab.js";
import { ProjectGone } from "./project-gone.js";
import { SettingsTab } from "./settings-tab.js";

export function Page() {
  const { projectId = "" } = useParams();
  const project = useApi("getProject", { params: { projectId } });
  return (
    <Answer query={project} missing={<ProjectGone />}>
      {(data) => <ProjectView project={data} />}
    </Answer>
  );
}

const tabs = ["pictures", "models", "alerts", "settings"] as const;

function ProjectView({ project }: { project: Project }) {
  const navigate = useNavigate();
  const { filters, set } = useUrlFilters(["tab"]);
  const tab = tabs.find((one) => one === filters.tab) ?? "pictures";
  const { samples } = project;
  const note = `${plural(samples.train, "picture")} to train, ${samples.test} kept for the test · ${plural(project.cameras, "camera")} · ${plural(project.inspections, "inspection")}`;
  return (
    <>
      <PageHeader
        title={project.name}
        mark={<RunningBadge project={project} />}
        note={note}
        back={{ to: "/projects", title: "Projects" }}
      >
        <Button component={Link} to={`/?project=${project.id}`} variant="default">
          Dashboard
        </Button>
        <ActionButton route="startTraining" onClick={() => void navigate(`/projects/${project.id}/setup?step=train`)}>
          Train
        </ActionButton>
      </PageHeader>
      <Tabs value={tab} onChange={(value) => set({ tab: value })} keepMounted={false}>
        <Tabs.List mb="lg">
          <Tabs.Tab value="pictures">Pictures</Tabs.Tab>
          <Tabs.Tab value="models">Models</Tabs.Tab>
          <Tabs.Tab value="alerts">Alerts</Tabs.Tab>
          <Tabs.Tab value="settings">Settings</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="pictures">
          <PicturesTab project={project} />
        </Tabs.Panel>
        <Tabs.Panel value="models">
          <Group align="stretch" gap="lg" style={{ flexDirection: "column" }}>
            <ModelTable projectId={project.id} />
            <DeploymentsPanel projectId={project.id} />
            <JobsPanel projectId={project.id} />
          </Group>
        </Tabs.Panel>
        <Tabs.Panel value="alerts">
          <AlertsTab project={project} />
        </Tabs.Panel>
        <Tabs.Panel value="settings">
          <SettingsTab project={project} />
        </Tabs.Panel>
      </Tabs>
    </>
  );
}
