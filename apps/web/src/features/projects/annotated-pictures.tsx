/** Pictures with several labels or boxes: each once, whatever it has, with what was said of it below; filtered by label. */
import { Button, Center, Chip, Group, Stack } from "@mantine/core";
import { mdiImageMultipleOutline, mdiPencilOutline } from "@mdi/js";
import type { Project } from "@sightline/api/projects";
import type { Sample } from "@sightline/api/samples";
import { useState } from "react";
import { Link } from "react-router";
import { useApi } from "../../app/api.js";
import { useMay } from "../../app/session.js";
import { DropZone } from "../../components/drop-zone.js";
import { Face } from "../../components/face.js";
import { count } from "../../components/format.js";
import { Icon } from "../../components/icon.js";
import { colorOf } from "../../components/label-colors.js";
import { Panel } from "../../components/panel.js";
import { useUrlFilters } from "../../components/url-filters.js";
import type { Answers } from "../training/methods.js";
import { SampleTile } from "./gallery.js";
import css from "./gallery.module.css";
import { reportOthers } from "./report-others.js";
import { UploadReport } from "./upload-report.js";
import { UploadTile } from "./upload-tile.js";
import { useUploads } from "./use-uploads.js";

export interface AnnotatedPicturesProps {
  project: Project;
  answers: Exclude<Answers, "label">;
  /** Told while pictures are on their way. */
  onBusy?: (isBusy: boolean) => void;
}

/** As many as the server lists at once. */
const maxShown = 200;

export function AnnotatedPictures({ project, answers, onBusy }: AnnotatedPicturesProps) {
  const may = useMay("addSample");
  const { filters, set } = useUrlFilters(["label"]);
  const [limit, setLimit] = useState(36);
  const { byLabel, train, test } = project.samples;
  const all = train + test;
  const label = filters.label !== undefined && filters.label in byLabel ? filters.label : undefined;
  const read = { params: { projectId: project.id }, query: { limit, ...(label === undefined ? {} : { label }) } };
  const items = useApi("listSamples", read, { enabled: all > 0, keepPrevious: true }).data?.items ?? [];
  const stored = label === undefined ? all : (byLabel[label] ?? 0);
  const labels = Object.keys(byLabel).sort();
  const search = label === undefined ? "" : `?label=${encodeURIComponent(label)}`;
  const first = items.find((sample) => (sample.boxes ?? sample.labels ?? []).length === 0) ?? items[0];
  return (
    <Panel
      title="Pictures"
      note={
        may.allowed && all > 0
          ? answers === "boxes"
            ? "Open one to draw boxes on it. Pictures without boxes teach what is empty."
            : "Open one to say which labels hold."
          : undefined
      }
      side={
        may.allowed &&
        first !== undefined && (
          <Button
            component={Link}
            to={`/projects/${project.id}/pictures/${first.id}${search}`}
            variant="default"
            size="xs"
            leftSection={<Icon path={mdiPencilOutline} size={16} />}
          >
            {answers === "boxes" ? "Draw boxes" : "Set labels"}
          </Button>
        )
      }
    >
      <Stack gap="md">
        {may.allowed && <Adding project={project} answers={answers} isFirst={all === 0} onBusy={onBusy} />}
        {all === 0 && !may.allowed && (
          <Face compact icon={mdiImageMultipleOutline} title="No pictures yet">
            An operator or an admin adds them here.
          </Face>
        )}
        {labels.length > 0 && (
          <Chip.Group value={label ?? ""} onChange={(value) => set({ label: value === "" ? null : value })}>
            <Group gap={8} aria-label="Which pictures">
              <Chip value="" size="xs" radius="sm">
                All {count(all)}
              </Chip>
              {labels.map((one) => (
                <Chip key={one} value={one} size="xs" radius="sm">
                  {one} {count(byLabel[one] ?? 0)}
                </Chip>
              ))}
            </Group>
          </Chip.Group>
        )}
        {items.length > 0 && (
          <ul className={`${css.tiles} ${css.wide}`} aria-label="Pictures">
            {items.map((sample) => (
              <SampleTile key={sample.id} sample={sample} search={search} labels={labels}>
                <Said sample={sample} known={labels} />
              </SampleTile>
            ))}
          </ul>
        )}
        {stored > items.length && limit < maxShown && (
          <Center>
            <Button variant="subtle" size="xs" onClick={() => setLimit(maxShown)}>
              Show more of {count(stored)}
            </Button>
          </Center>
        )}
      </Stack>
    </Panel>
  );
}

interface AddingProps {
  project: Project;
  answers: Exclude<Answers, "label">;
  isFirst: boolean;
  onBusy: ((isBusy: boolean) => void) | undefined;
}

function Adding({ project, answers, isFirst, onBusy }: AddingProps) {
  const uploads = useUploads(project.id, onBusy);
  const open = uploads.uploads.filter(({ state }) => state === "waiting" || state === "sending");
  return (
    <>
      <DropZone
        title={isFirst ? "Drop pictures here" : "Drop more here"}
        subject="Pictures"
        note={
          isFirst
            ? `Drop JPEG or PNG files or whole folders; then ${answers === "boxes" ? "draw the boxes" : "set the labels"} here.`
            : undefined
        }
        onFiles={({ pictures, others }) => {
          reportOthers(others);
          uploads.queue.add(pictures, { label: null, answers, part: "auto" });
        }}
      />
      <UploadReport uploads={uploads} />
      {open.length > 0 && (
        <ul className={css.tiles} aria-label="On their way">
          {open.slice(0, 12).map((upload) => (
            <UploadTile key={upload.key} upload={upload} />
          ))}
        </ul>
      )}
    </>
  );
}

/** What was said of a picture, in a line: its labels, or how many boxes of each. */
function Said({ sample, known }: { sample: Sample; known: readonly string[] }) {
  if (sample.boxes === null) {
    const labels = sample.labels ?? [];
    return (
      <div className={css.said}>
        {labels.length === 0
          ? "no label"
          : labels.map((label) => <Kind key={label} label={label} text={label} known={known} />)}
      </div>
    );
  }
  const counts = new Map<string, number>();
  for (const { label } of sample.boxes) counts.set(label, (counts.get(label) ?? 0) + 1);
  return (
    <div className={css.said}>
      {counts.size === 0
        ? "no boxes"
        : [...counts].map(([label, many]) => (
            <Kind key={label} label={label} text={`${many} ${label}`} known={known} />
          ))}
    </div>
  );
}

function Kind({ label, text, known }: { label: string; text: string; known: readonly string[] }) {
  return (
    <span className={css.kind}>
      <span className={css.dot} style={{ background: colorOf(label, known).line }} />
      {text}
    </span>
  );
}
