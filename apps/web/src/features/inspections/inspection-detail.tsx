/** What the inspection page gets from the server, and its face when it is gone. */
import { Button } from "@mantine/core";
import { mdiFileQuestionOutline } from "@mdi/js";
import type { Reply } from "@sightline/api/routes";
import { Link } from "react-router";
import { Face } from "../../components/face.js";

export type InspectionDetail = Reply<"getInspection">;

export function InspectionGone() {
  return (
    <Face
      icon={mdiFileQuestionOutline}
      title="This inspection is no longer here"
      action={
        <Button component={Link} to="/inspections">
          All inspections
        </Button>
      }
    >
      It was deleted, or was older than the retention allows.
    </Face>
  );
}
