/** How a project's pictures are labelled, told by any one of them. */
import { useApi } from "../../app/api.js";
import { type Answers, answersOf } from "../training/methods.js";

/**
 * `undefined` while nothing is known, `null` without pictures. Once known it never falls back to `undefined`, so that a page
 * which sends pictures stays as it is while the first ones arrive.
 */
export function useAnswers(projectId: string): Answers | null | undefined {
  const answer = useApi("listSamples", { params: { projectId }, query: { limit: 1 } });
  if (answer.data === undefined) return answer.isPending ? undefined : null;
  const [sample] = answer.data.items;
  return sample === undefined ? null : answersOf(sample);
}
