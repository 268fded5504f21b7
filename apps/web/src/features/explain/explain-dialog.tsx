/** The picture with the map over it; beside it what is asked, how far it is, and the values. */
import { Alert, Button, Grid, Group, Modal, Progress, SegmentedControl, Select, Stack, Text } from "@mantine/core";
import { useLocalStorage, useMediaQuery } from "@mantine/hooks";
import type { ExplainedRegion, ExplainMethod, Explanation } from "@sightline/api/explanations";
import type { Detection } from "@sightline/api/predictions";
import { useState } from "react";
import { percent } from "../../components/format.js";
import { ShareSlider } from "../../components/share-slider.js";
import { ExplainedPicture } from "./explained-picture.js";
import { RegionList } from "./region-list.js";
import { useExplanation } from "./use-explanation.js";
import { answerText, sumText } from "./value-text.js";

export interface ExplainAsk {
  method: ExplainMethod;
  label?: string | undefined;
  detection?: number | undefined;
}

export interface ExplainDialogProps {
  src: string;
  alt: string;
  /** What the model knows; empty where that is told by the first explanation. */
  labels: readonly string[];
  /** Of a detector: what it found, best first. */
  detections: readonly Detection[];
  start: (ask: ExplainAsk) => Promise<Explanation>;
  close: () => void;
}

const methodNotes = {
  shap: "What each part adds to the answer; the parts add up to it. Some seconds.",
  occlusion: "What the answer loses where a window covers the picture.",
  activation: "Where the model’s last feature map speaks for the answer. The quickest.",
} as const satisfies Record<ExplainMethod, string>;

export function ExplainDialog({ src, alt, labels: known, detections, start, close }: ExplainDialogProps) {
  const isPhone = useMediaQuery("(max-width: 48em)");
  const [method, setMethod] = useState<ExplainMethod>("shap");
  const [label, setLabel] = useState<string | null>(null);
  const [object, setObject] = useState("0");
  const [opacity, setOpacity] = useLocalStorage({ key: "sightline.explanation-opacity", defaultValue: 0.8 });
  const [region, setRegion] = useState<ExplainedRegion>();
  const { explanation, isWorking, reason, begin, stop } = useExplanation();
  const result = explanation?.result ?? undefined;
  const labels = known.length > 0 ? known : (explanation?.labels ?? []);
  const isDetector = detections.length > 0;
  const ask = () => {
    setRegion(undefined);
    begin(() => start({ method, ...(isDetector ? { detection: Number(object) } : label !== null && { label }) }));
  };
  return (
    <Modal
      opened
      onClose={close}
      size={1080}
      // Above the side bar, below what its own choices open.
      zIndex={250}
      fullScreen={isPhone ?? false}
      title={<Text fw={620}>Why this answer?</Text>}
    >
      <Grid gap="lg">
        <Grid.Col span={{ base: 12, sm: 7 }}>
          <ExplainedPicture src={src} alt={alt} result={result} opacity={opacity} region={region} />
        </Grid.Col>
        <Grid.Col span={{ base: 12, sm: 5 }}>
          <Stack gap="sm">
            <SegmentedControl
              fullWidth
              size="xs"
              aria-label="Method"
              value={method}
              disabled={isWorking}
              onChange={(value) => setMethod(value as ExplainMethod)}
              data={[
                { value: "shap", label: "Shapley values" },
                { value: "occlusion", label: "Occlusion" },
                { value: "activation", label: "Activation" },
              ]}
            />
            <Text size="xs" c="dimmed">
              {methodNotes[method]}
            </Text>
            {isDetector ? (
              <Select
                label="Object"
                value={object}
                disabled={isWorking}
                allowDeselect={false}
                onChange={(value) => setObject(value ?? "0")}
                data={detections.map((one, i) => ({
                  value: String(i),
                  label: `${i + 1}: ${one.label}, ${percent(one.score)}`,
                }))}
              />
            ) : (
              labels.length > 1 && (
                <Select
                  label="Label"
                  value={label}
                  disabled={isWorking}
                  clearable
                  placeholder="The answer"
                  onChange={setLabel}
                  data={[...labels]}
                />
              )
            )}
            {isWorking ? (
              <Stack gap={6} role="status">
                <Group justify="space-between" mih={36}>
                  <Text size="sm">
                    {explanation?.status === "running"
                      ? `Asking the model: ${percent(explanation.progress)}`
                      : "Waiting for its turn"}
                  </Text>
                  <Button variant="default" size="xs" onClick={stop}>
                    Stop
                  </Button>
                </Group>
                <Progress value={100 * (explanation?.progress ?? 0)} size="sm" radius="xl" aria-label="Progress" />
              </Stack>
            ) : (
              <Button onClick={ask}>Explain</Button>
            )}
            {reason !== undefined && !isWorking && (
              <Alert color="grape" variant="light">
                {reason}
              </Alert>
            )}
            {result && (
              <Stack gap="xs" aria-live="polite">
                <Text size="sm" fw={600}>
                  {answerText(result)}
                </Text>
                <Group gap="md" wrap="nowrap">
                  <Text size="sm" style={{ whiteSpace: "nowrap" }}>
                    Map
                  </Text>
                  <ShareSlider name="Strength of the map" value={opacity} onChange={setOpacity} />
                </Group>
                <RegionList result={result} chosen={region} onChosen={setRegion} />
                <Text size="xs" c="dimmed">
                  {sumText(result)}. Orange speaks for the answer, blue against it. Asked {result.evaluations} times in{" "}
                  {(result.elapsedMs / 1000).toFixed(1)} s.
                </Text>
              </Stack>
            )}
          </Stack>
        </Grid.Col>
      </Grid>
    </Modal>
  );
}
