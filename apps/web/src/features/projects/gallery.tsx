/** Pictures of one label as tiles: those on their way first, then those stored; each stored one can be removed. */
import { ActionIcon, Button, Center, Tooltip } from "@mantine/core";
import { mdiClose } from "@mdi/js";
import type { Sample } from "@sightline/api/samples";
import { type ReactNode, useState } from "react";
import { Link } from "react-router";
import { client, useApi, useChange } from "../../app/api.js";
import { useMay } from "../../app/session.js";
import { Icon } from "../../components/icon.js";
import { Picture } from "../../components/picture.js";
import css from "./gallery.module.css";
import type { Upload } from "./upload-queue.js";
import { UploadTile } from "./upload-tile.js";
import type { UploadKind } from "./use-uploads.js";

export interface GalleryProps {
  projectId: string;
  label: string;
  /** How many the server has. */
  stored: number;
  open: readonly Upload<UploadKind>[];
}

/** As many as the server lists at once. */
const maxShown = 200;

export function Gallery({ projectId, label, stored, open }: GalleryProps) {
  const [limit, setLimit] = useState(24);
  const read = { params: { projectId }, query: { label, limit } };
  const samples = useApi("listSamples", read, { enabled: stored > 0, keepPrevious: true });
  const items = stored === 0 ? [] : (samples.data?.items ?? []);
  if (items.length + open.length === 0) return null;
  return (
    <>
      <ul className={css.tiles} aria-label={`Pictures labelled ${label}`}>
        {open.slice(0, 12).map((upload) => (
          <UploadTile key={upload.key} upload={upload} />
        ))}
        {items.map((sample) => (
          <SampleTile key={sample.id} sample={sample} search={`?label=${encodeURIComponent(label)}`} labels={[label]} />
        ))}
      </ul>
      {stored > items.length && limit < maxShown && (
        <Center mt="sm">
          <Button variant="subtle" size="xs" onClick={() => setLimit(maxShown)}>
            Show more of {stored}
          </Button>
        </Center>
      )}
    </>
  );
}

const partTitles = { train: "for training", test: "kept for the test", auto: "" };

export interface SampleTileProps {
  sample: Sample;
  /** Of the address of the picture's page: which pictures come before and after it. */
  search: string;
  /** Of the project. */
  labels: readonly string[];
  children?: ReactNode;
}

export function SampleTile({ sample, search, labels, children }: SampleTileProps) {
  const may = useMay("deleteSample");
  const remove = useChange("deleteSample");
  const params = { sampleId: sample.id };
  const part = partTitles[sample.part];
  return (
    <li className={css.tile} data-leaving={remove.isPending || undefined}>
      <Tooltip label={`${sample.name} · ${sample.width}×${sample.height}${part && ` · ${part}`}`}>
        <Link className={css.picture} to={`/projects/${sample.projectId}/pictures/${sample.id}${search}`}>
          <Picture
            lazy
            fit="cover"
            alt={sample.name}
            src={client.address("getSampleImage", { params })}
            boxes={sample.boxes === null ? undefined : { ...sample, items: sample.boxes, labels }}
          />
          {sample.part === "test" && <span className={css.part}>test</span>}
        </Link>
      </Tooltip>
      {children}
      {may.allowed && (
        <ActionIcon
          className={css.remove}
          size={26}
          radius="xl"
          variant="default"
          aria-label={`Remove ${sample.name}`}
          onClick={() => remove.mutate({ params })}
        >
          <Icon path={mdiClose} size={15} />
        </ActionIcon>
      )}
    </li>
  );
}
