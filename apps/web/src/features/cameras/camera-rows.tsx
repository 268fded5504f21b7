/** Cameras as rows. */
import { Anchor, Group, Text } from "@mantine/core";
import { mdiCctv } from "@mdi/js";
import type { Camera } from "@sightline/api/cameras";
import type { Project } from "@sightline/api/projects";
import { Link } from "react-router";
import { useChange } from "../../app/api.js";
import { ActionButton, ConfirmButton } from "../../components/action-button.js";
import { plural } from "../../components/format.js";
import { Icon } from "../../components/icon.js";
import rows from "../../components/rows.module.css";
import { TimeText } from "../../components/time-text.js";
import css from "./camera-rows.module.css";

export interface CameraRowsProps {
  cameras: readonly Camera[];
  projects: readonly Project[];
  onConnect: (camera: Camera) => void;
}

export function CameraRows({ cameras, projects, onConnect }: CameraRowsProps) {
  return (
    <ul className={rows.list}>
      {cameras.map((camera) => (
        <CameraRow
          key={camera.id}
          camera={camera}
          project={projects.find((project) => project.id === camera.projectId)}
          onConnect={() => onConnect(camera)}
        />
      ))}
    </ul>
  );
}

interface CameraRowProps {
  camera: Camera;
  project: Project | undefined;
  onConnect: () => void;
}

function CameraRow({ camera, project, onConnect }: CameraRowProps) {
  const remove = useChange("removeCamera", { done: `Camera ${camera.id} is removed.` });
  return (
    <li className={rows.row}>
      <span className={css.icon}>
        <Icon path={mdiCctv} size={22} />
      </span>
      <div className={rows.main}>
        <Text fw={600} size="sm">
          {camera.id}
          {camera.name !== "" && camera.name !== camera.id && (
            <Text span size="sm" c="dimmed" fw={400}>
              {"  "}
              {camera.name}
            </Text>
          )}
        </Text>
        <Text size="xs" c="dimmed">
          Line {camera.assemblyLineId}
          {project && (
            <>
              {" · "}
              <Anchor component={Link} to={`/projects/${project.id}`} inherit>
                {project.name}
              </Anchor>
            </>
          )}
        </Text>
      </div>
      <div style={{ flex: "1 1 140px" }}>
        <Anchor component={Link} to={`/inspections?camera=${encodeURIComponent(camera.id)}`} size="sm">
          {plural(camera.inspections, "inspection")}
        </Anchor>
        <Text size="xs" c="dimmed">
          {camera.lastImageAt === null ? "never sent a picture" : <TimeText time={camera.lastImageAt} style="ago" />}
        </Text>
      </div>
      <Group gap="xs">
        <ActionButton route="createToken" size="xs" variant="light" onClick={onConnect}>
          Connect
        </ActionButton>
        <ConfirmButton
          route="removeCamera"
          size="xs"
          variant="default"
          loading={remove.isPending}
          question={`Remove camera ${camera.id}?`}
          consequence="It can no longer send pictures. Its inspections stay."
          confirm="Remove"
          onClick={() => remove.mutate({ params: { cameraId: camera.id } })}
        >
          Remove
        </ConfirmButton>
      </Group>
    </li>
  );
}
