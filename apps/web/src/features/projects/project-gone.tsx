/** The face of a project that is no longer there. */
import { Button } from "@mantine/core";
import { mdiFolderQuestionOutline } from "@mdi/js";
import { Link } from "react-router";
import { Face } from "../../components/face.js";

export function ProjectGone() {
  return (
    <Face
      icon={mdiFolderQuestionOutline}
      title="This project is no longer here"
      action={
        <Button component={Link} to="/projects">
          All projects
        </Button>
      }
    >
      It was deleted, or the address is mistyped.
    </Face>
  );
}
