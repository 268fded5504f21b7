/** Cameras: which there are, when each last sent, and how to connect another. */
import { Button, Stack } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { mdiCctv, mdiPlus } from "@mdi/js";
import type { Camera } from "@sightline/api/cameras";
import { useState } from "react";
import { Link } from "react-router";
import { useApi } from "../../app/api.js";
import { ActionButton } from "../../components/action-button.js";
import { Answer } from "../../components/answer.js";
import { Face } from "../../components/face.js";
import { Icon } from "../../components/icon.js";
import { PageHeader } from "../../components/page-header.js";
import { Panel } from "../../components/panel.js";
import { ProjectSelect } from "../../components/project-select.js";
import { useUrlFilters } from "../../components/url-filters.js";
import { AddCamera } from "./add-camera.js";
import { CameraRows } from "./camera-rows.js";
import { ConnectCamera } from "./connect-camera.js";

export function Page() {
  const { filters, set } = useUrlFilters(["project"]);
  const cameras = useApi("listCameras", { query: { project: filters.project } }, { keepPrevious: true });
  const projects = useApi("listProjects");
  const [isAdding, adding] = useDisclosure(false);
  const [connecting, setConnecting] = useState<Camera>();
  const hasProject = (projects.data?.items.length ?? 0) > 0;
  const addButton = (
    <ActionButton
      route="addCamera"
      leftSection={<Icon path={mdiPlus} size={18} />}
      blocked={hasProject || projects.isPending ? undefined : "Create a project first."}
      onClick={adding.open}
    >
      Add a camera
    </ActionButton>
  );
  return (
    <>
      <PageHeader
        title="Cameras"
        note="A camera is whatever sends pictures with this id: a smart camera, a script, a phone."
      >
        <ProjectSelect
          value={filters.project ?? null}
          onChange={(project) => set({ project })}
          placeholder="All projects"
          w={{ base: "100%", xs: 200 }}
        />
        {addButton}
      </PageHeader>
      <Stack gap="lg">
        <Panel flush>
          <Answer query={cameras} compact>
            {({ items }) =>
              items.length > 0 ? (
                <CameraRows cameras={items} projects={projects.data?.items ?? []} onConnect={setConnecting} />
              ) : hasProject ? (
                <Face compact icon={mdiCctv} title="No camera yet" action={addButton}>
                  Add one, give it a token, and send the first picture with one command.
                </Face>
              ) : (
                <Face
                  compact
                  icon={mdiCctv}
                  title="No project yet"
                  action={
                    <Button component={Link} to="/projects/new" variant="light">
                      New project
                    </Button>
                  }
                >
                  A camera belongs to a project.
                </Face>
              )
            }
          </Answer>
        </Panel>
      </Stack>
      <AddCamera isOpen={isAdding} close={adding.close} projectId={filters.project} onAdded={setConnecting} />
      <ConnectCamera camera={connecting} close={() => setConnecting(undefined)} />
    </>
  );
}
