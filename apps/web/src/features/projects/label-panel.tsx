/** One label: its drop zone, what is on its way, what is there. */
import { Badge } from "@mantine/core";
import type { Project } from "@sightline/api/projects";
import { useEffect } from "react";
import { DropZone } from "../../components/drop-zone.js";
import { count } from "../../components/format.js";
import { Panel } from "../../components/panel.js";
import { Gallery } from "./gallery.js";
import { inSentence, isNormal, titleOf } from "./labels.js";
import { reportOthers } from "./report-others.js";
import type { Uploads } from "./use-uploads.js";

export function LabelPanel({ project, label, uploads }: { project: Project; label: string; uploads: Uploads }) {
  const stored = project.samples.byLabel[label] ?? 0;
  const mine = uploads.uploads.filter((upload) => upload.kind.label === label);
  const open = mine.filter((upload) => upload.state === "waiting" || upload.state === "sending");
  const { queue, isBusy, counts } = uploads;
  // The tally of a finished batch is of no interest once everything arrived.
  useEffect(() => {
    if (!isBusy && counts.done > 0 && counts.interrupted === 0) queue.dismiss("done");
  }, [isBusy, counts.done, counts.interrupted, queue]);
  return (
    <Panel
      title={titleOf(label)}
      side={
        <Badge
          variant="light"
          color={isNormal(label) ? "good" : "gray"}
          size="lg"
          radius="sm"
          aria-label={`${stored} pictures`}
        >
          {count(stored)}
        </Badge>
      }
    >
      <DropZone
        title={stored === 0 && open.length === 0 ? `Drop ${inSentence(label)} here` : "Drop more here"}
        subject={titleOf(label)}
        onFiles={({ pictures, others }) => {
          reportOthers(others);
          queue.add(pictures, { label, answers: "label", part: "auto" });
        }}
      />
      <Gallery projectId={project.id} label={label} stored={stored} open={open} />
    </Panel>
  );
}
