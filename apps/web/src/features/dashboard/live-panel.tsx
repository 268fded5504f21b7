/** The stream: the newest picture large, the ones before it as a strip. */
import { ActionIcon, Anchor, Group, Switch, Text, Tooltip, VisuallyHidden } from "@mantine/core";
import { useLocalStorage } from "@mantine/hooks";
import { mdiCamera, mdiPause, mdiPlay } from "@mdi/js";
import type { Inspection } from "@sightline/api/inspections";
import { useState } from "react";
import { Link } from "react-router";
import { client, useApi } from "../../app/api.js";
import { Answer } from "../../components/answer.js";
import { Face } from "../../components/face.js";
import { percent } from "../../components/format.js";
import { Icon } from "../../components/icon.js";
import { Panel } from "../../components/panel.js";
import { Picture } from "../../components/picture.js";
import { TimeText } from "../../components/time-text.js";
import { lookOf, Verdict } from "../../components/verdict.js";
import css from "./live-panel.module.css";
import { useDecoded } from "./use-decoded.js";

const stripLength = 12;

export function LivePanel({ project }: { project: string | undefined }) {
  const stream = useApi("listInspections", { query: { project, limit: stripLength + 1 } }, { keepPrevious: true });
  const [withHeatMap, setWithHeatMap] = useLocalStorage({ key: "sightline.heat-map", defaultValue: true });
  const [paused, setPaused] = useState<readonly Inspection[]>();
  const items = paused ?? stream.data?.items;
  const side = (
    <Group gap="md">
      <Switch
        size="sm"
        label="Heat map"
        checked={withHeatMap}
        onChange={(event) => setWithHeatMap(event.currentTarget.checked)}
      />
      <Tooltip label={paused ? "Go on" : "Hold the stream"}>
        <ActionIcon
          variant="default"
          size="lg"
          onClick={() => setPaused(paused ? undefined : items)}
          aria-label={paused ? "Go on" : "Hold the stream"}
        >
          <Icon path={paused ? mdiPlay : mdiPause} />
        </ActionIcon>
      </Tooltip>
    </Group>
  );
  return (
    <Panel title={paused ? "On hold" : "Live"} side={side}>
      <Answer query={stream} compact>
        {() =>
          items === undefined || items[0] === undefined ? (
            <NoInspections />
          ) : (
            <>
              <Latest inspection={items[0]} withHeatMap={withHeatMap} />
              <Strip items={items.slice(1)} />
              <Announcer items={items} />
            </>
          )
        }
      </Answer>
    </Panel>
  );
}

function NoInspections() {
  return (
    <Face
      compact
      icon={mdiCamera}
      title="No picture has come in yet"
      action={
        <Anchor component={Link} to="/cameras" size="sm" fw={600}>
          Connect a camera
        </Anchor>
      }
    >
      Pictures appear here the moment a camera sends them.
    </Face>
  );
}

function Latest({ inspection, withHeatMap }: { inspection: Inspection; withHeatMap: boolean }) {
  const shown = useDecoded(inspection, withHeatMap);
  const params = { inspectionId: shown.id };
  return (
    <Link to={`/inspections/${shown.id}`} className={css.latest}>
      <div className={css.stage}>
        <Picture
          src={client.address("getInspectionImage", { params })}
          alt={`Picture ${shown.imageId}`}
          heatMap={withHeatMap && shown.hasHeatMap ? client.address("getInspectionHeatMap", { params }) : undefined}
        />
      </div>
      <Group justify="space-between" mt="sm" gap="xs">
        <Verdict look={lookOf(shown)} size="xl" />
        <div style={{ textAlign: "right" }}>
          <Text size="sm">{shown.confidence === null ? " " : `${percent(shown.confidence)} sure`}</Text>
          <Text size="xs" c="dimmed">
            {shown.cameraId} · <TimeText time={shown.receivedAt} style="clock" />
          </Text>
        </div>
      </Group>
    </Link>
  );
}

function Strip({ items }: { items: readonly Inspection[] }) {
  return (
    <ul className={css.strip} aria-label="Earlier pictures">
      {items.map((inspection) => {
        const look = lookOf(inspection);
        return (
          <li key={inspection.id}>
            <Link
              to={`/inspections/${inspection.id}`}
              className={css.thumbnail}
              aria-label={`${look.word}, ${inspection.imageId}`}
            >
              <Picture
                fit="cover"
                alt=""
                src={client.address("getInspectionThumbnail", { params: { inspectionId: inspection.id } })}
              />
              <span className={css.mark} style={{ color: look.color }}>
                <Icon path={look.icon} size={17} />
              </span>
            </Link>
          </li>
        );
      })}
    </ul>
  );
}

/** A screen reader hears of defects only: a line of good parts is silent. */
function Announcer({ items }: { items: readonly Inspection[] }) {
  const defect = items.find((inspection) => inspection.isAnomalous === true);
  return (
    <VisuallyHidden role="status" aria-live="polite">
      {defect && `Defect on camera ${defect.cameraId}, picture ${defect.imageId}`}
    </VisuallyHidden>
  );
}
