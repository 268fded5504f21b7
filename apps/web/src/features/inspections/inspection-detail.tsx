/** What the inspection page gets from the server, and its face when it is gone. */

import { mdiFileQuestionOutline } from "@mdi/js";
import type { Reply } from "@sightline/api/routes";
import { LinkFace } from "../../components/link-face.js";

export type InspectionDetail = Reply<"getInspection">;

export function InspectionGone() {
  return (
    <LinkFace
      icon={mdiFileQuestionOutline}
      title="This inspection is no longer here"
      to="/inspections"
      link="All inspections"
    >
      It was deleted, or was older than the retention allows.
    </LinkFace>
  );
}
