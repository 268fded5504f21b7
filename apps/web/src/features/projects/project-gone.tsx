/** The face of a project that is no longer there. */

import { mdiFolderQuestionOutline } from "@mdi/js";
import { LinkFace } from "../../components/link-face.js";

export function ProjectGone() {
  return (
    <LinkFace icon={mdiFolderQuestionOutline} title="This project is no longer here" to="/projects" link="All projects">
      It was deleted, or the address is mistyped.
    </LinkFace>
  );
}
