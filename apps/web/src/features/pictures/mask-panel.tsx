/** Where a picture's defects are: who may not draw sees it, who may draws, erases and saves it. */
import { Alert, Button, ColorSwatch, Group, SegmentedControl, Slider, Stack, Text } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { mdiBrush, mdiEraser, mdiRedo, mdiUndo } from "@mdi/js";
import type { Sample } from "@sightline/api/samples";
import { ActionButton } from "../../components/action-button.js";
import { Icon } from "../../components/icon.js";
import { Panel } from "../../components/panel.js";
import type { Brush } from "./mask-canvas.js";
import { emptyDrawing, redo, undo } from "./mask-drawing.js";
import type { MaskInHand } from "./use-mask.js";

export interface MaskPanelProps {
  sample: Sample;
  mask: MaskInHand;
  /** `null`: nothing is being drawn. */
  brush: Brush | null;
  setBrush: (brush: Brush | null) => void;
}

/** A brush of a fortieth of the picture: visible, and finer than most defects. */
export function firstBrush({ width, height }: Sample, colour: string): Brush {
  return { tool: "draw", colour, widthPixels: Math.max(2, Math.round(Math.max(width, height) / 40)) };
}

export function MaskPanel({ sample, mask, brush, setBrush }: MaskPanelProps) {
  const { kinds, drawing, setDrawing } = mask;
  useHotkeys(
    brush === null
      ? []
      : [
          ["mod+Z", () => setDrawing(undo(drawing))],
          ["mod+shift+Z", () => setDrawing(redo(drawing))],
        ],
  );
  if (mask.error !== null) {
    return (
      <Panel title="Where it is">
        <Alert color="defect" variant="light" title="The mask could not be loaded">
          {mask.error.message}
        </Alert>
      </Panel>
    );
  }
  if (brush === null) {
    return (
      <Panel
        title="Where it is"
        note={
          sample.hasMask
            ? "Marked on the picture."
            : "Not marked: a model learns from marked pictures where defects are."
        }
      >
        <Stack gap="sm">
          {sample.hasMask && <Kinds kinds={sample.maskTypes} />}
          <ActionButton
            route="putSampleMask"
            variant="default"
            loading={mask.isLoading}
            leftSection={<Icon path={mdiBrush} size={18} />}
            onClick={() => setBrush(firstBrush(sample, kinds[0]?.colour ?? ""))}
          >
            {sample.hasMask ? "Correct the marks" : "Mark where it is"}
          </ActionButton>
        </Stack>
      </Panel>
    );
  }
  const stop = () => {
    setDrawing(emptyDrawing);
    setBrush(null);
  };
  return (
    <Panel title="Where it is" note="Draw on the picture.">
      <Stack gap="md">
        <SegmentedControl
          aria-label="Tool"
          value={brush.tool}
          onChange={(tool) => setBrush({ ...brush, tool: tool as Brush["tool"] })}
          data={[
            { value: "draw", label: <Tool icon={mdiBrush}>Draw</Tool> },
            { value: "erase", label: <Tool icon={mdiEraser}>Erase</Tool> },
          ]}
        />
        {kinds.length > 1 && brush.tool === "draw" && (
          <SegmentedControl
            aria-label="Kind of defect"
            orientation="vertical"
            value={brush.colour}
            onChange={(colour) => setBrush({ ...brush, colour })}
            data={kinds.map(({ label, colour }) => ({ value: colour, label: <Kind {...{ label, colour }} /> }))}
          />
        )}
        <div>
          <Text size="sm" id="brush-width">
            Width: {brush.widthPixels} pixels
          </Text>
          <Slider
            aria-labelledby="brush-width"
            thumbLabel="Width of the brush"
            label={null}
            min={1}
            max={Math.max(8, Math.round(Math.max(sample.width, sample.height) / 6))}
            value={brush.widthPixels}
            onChange={(widthPixels) => setBrush({ ...brush, widthPixels })}
          />
        </div>
        <Group gap="xs">
          <Button
            variant="default"
            size="xs"
            leftSection={<Icon path={mdiUndo} size={16} />}
            disabled={drawing.strokes.length === 0}
            onClick={() => setDrawing(undo(drawing))}
          >
            Undo
          </Button>
          <Button
            variant="default"
            size="xs"
            leftSection={<Icon path={mdiRedo} size={16} />}
            disabled={drawing.undone.length === 0}
            onClick={() => setDrawing(redo(drawing))}
          >
            Redo
          </Button>
        </Group>
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={stop} disabled={mask.isSaving}>
            Cancel
          </Button>
          <ActionButton
            route="putSampleMask"
            loading={mask.isSaving}
            blocked={drawing.strokes.length === 0 ? "Nothing is drawn yet." : undefined}
            onClick={() => void mask.save()}
          >
            Save
          </ActionButton>
        </Group>
      </Stack>
    </Panel>
  );
}

function Tool({ icon, children }: { icon: string; children: string }) {
  return (
    <Group gap={6} justify="center" wrap="nowrap">
      <Icon path={icon} size={16} />
      {children}
    </Group>
  );
}

function Kind({ label, colour }: { label: string; colour: string }) {
  return (
    <Group gap={8} wrap="nowrap">
      <ColorSwatch color={colour} size={12} withShadow={false} />
      {label}
    </Group>
  );
}

function Kinds({ kinds }: { kinds: Sample["maskTypes"] }) {
  return (
    <Group gap="md">
      {kinds.map((kind) => (
        <Text key={kind.label} size="sm" component="div">
          <Kind {...kind} />
        </Text>
      ))}
    </Group>
  );
}
