/** The inspected picture with its heat map, its defects or its boxes under a slider. */
import { Group, SegmentedControl, Switch, Text } from "@mantine/core";
import { useLocalStorage } from "@mantine/hooks";
import { useState } from "react";
import { client } from "../../app/api.js";
import { percent } from "../../components/format.js";
import { Panel } from "../../components/panel.js";
import { Picture } from "../../components/picture.js";
import { ShareSlider } from "../../components/share-slider.js";
import { useProjectLabels } from "../../components/use-project-labels.js";
import type { InspectionDetail } from "./inspection-detail.js";
import css from "./picture-panel.module.css";

type Layer = "heatMap" | "defects";

const layerNames = { heatMap: "Heat map", defects: "Defects" } as const satisfies Record<Layer, string>;
const layerRoutes = { heatMap: "getInspectionHeatMap", defects: "getInspectionLabelMap" } as const;

export function PicturePanel({ inspection }: { inspection: InspectionDetail }) {
  const [opacity, setOpacity] = useLocalStorage({ key: "sightline.heat-map-opacity", defaultValue: 0.7 });
  const [isShown, setShown] = useLocalStorage({ key: "sightline.boxes-shown", defaultValue: true });
  const [minScore, setMinScore] = useState(0);
  const labels = useProjectLabels(inspection.projectId);
  const shown = inspection.detections.filter(({ score }) => score >= minScore);
  const params = { inspectionId: inspection.id };
  const [wanted, setWanted] = useLocalStorage<Layer>({ key: "sightline.layer", defaultValue: "defects" });
  const layers: readonly Layer[] = [
    ...(inspection.hasHeatMap ? (["heatMap"] as const) : []),
    ...(inspection.hasLabelMap ? (["defects"] as const) : []),
  ];
  const layer = layers.find((one) => one === wanted) ?? layers[0];
  return (
    <Panel flush>
      <div className={css.stage}>
        <Picture
          // A new state asks for the picture again: what was gone may have been restored.
          key={inspection.status}
          src={client.address("getInspectionImage", { params })}
          alt={`Picture ${inspection.imageId} of camera ${inspection.cameraId}`}
          heatMap={layer && client.address(layerRoutes[layer], { params })}
          heatMapOpacity={opacity}
          boxes={{
            items: isShown ? shown : [],
            width: inspection.imageWidth,
            height: inspection.imageHeight,
            labels,
            withNames: true,
          }}
        />
      </div>
      <div className={css.foot}>
        {inspection.detections.length > 0 ? (
          <Group gap="md" wrap="nowrap">
            <Switch
              label="Boxes"
              checked={isShown}
              onChange={(event) => setShown(event.currentTarget.checked)}
              style={{ whiteSpace: "nowrap" }}
            />
            <ShareSlider
              name="Lowest score shown"
              step={0.01}
              disabled={!isShown}
              value={minScore}
              onChange={setMinScore}
            />
            <Text size="sm" c="dimmed" ta="right" style={{ whiteSpace: "nowrap" }} role="status">
              {isShown ? shown.length : 0} of {inspection.detections.length}
            </Text>
          </Group>
        ) : layer !== undefined ? (
          <Group gap="md" wrap="nowrap">
            {layers.length > 1 ? (
              <SegmentedControl
                size="xs"
                aria-label="What lies over the picture"
                value={layer}
                onChange={(value) => setWanted(value === "defects" ? "defects" : "heatMap")}
                data={layers.map((value) => ({ value, label: layerNames[value] }))}
              />
            ) : (
              <Text size="sm" style={{ whiteSpace: "nowrap" }}>
                {layerNames[layer]}
              </Text>
            )}
            <ShareSlider name={`Strength: ${layerNames[layer]}`} value={opacity} onChange={setOpacity} />
            <Text size="sm" c="dimmed" w={48} ta="right">
              {percent(opacity)}
            </Text>
          </Group>
        ) : (
          <Text size="sm" c="dimmed">
            {inspection.status === "inspected"
              ? inspection.isAnomalous === false
                ? "Only defects get a heat map."
                : "This model gives no heat map."
              : inspection.status === "failed"
                ? "There is no verdict, so there is no heat map."
                : "The heat map comes with the verdict."}
          </Text>
        )}
      </div>
    </Panel>
  );
}
