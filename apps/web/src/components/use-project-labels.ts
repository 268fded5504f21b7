/** All labels of a project's pictures: what its boxes are coloured by. */
import { useApi } from "../app/api.js";

const none: readonly string[] = [];

export function useProjectLabels(projectId: string): readonly string[] {
  const projects = useApi("listProjects").data?.items;
  const found = projects?.find(({ id }) => id === projectId);
  return found === undefined ? none : Object.keys(found.samples.byLabel);
}
