/** The face of every page about one version: loads it and its project, or says that it is gone. */
import { mdiCubeOutline } from "@mdi/js";
import type { ModelDetail } from "@sightline/api/models";
import type { Project } from "@sightline/api/projects";
import type { ReactNode } from "react";
import { useParams } from "react-router";
import { useApi } from "../../app/api.js";
import { Answer } from "../../components/answer.js";
import { LinkFace } from "../../components/link-face.js";

/** Of the version that the address names as `:modelId`. */
export function OfVersion({ children }: { children: (model: ModelDetail, project: Project) => ReactNode }) {
  const { modelId = "" } = useParams();
  const model = useApi("getModel", { params: { modelId } });
  const projectId = model.data?.projectId;
  const project = useApi(
    "getProject",
    { params: { projectId: projectId ?? "" } },
    { enabled: projectId !== undefined },
  );
  return (
    <Answer
      query={model}
      missing={<LinkFace icon={mdiCubeOutline} title="This version is no longer here" to="/models" link="All models" />}
    >
      {(detail) => <Answer query={project}>{(owner) => children(detail, owner)}</Answer>}
    </Answer>
  );
}
