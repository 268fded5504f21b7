/** Starts or stops a model version. */
import { mdiPlay, mdiStop } from "@mdi/js";
import type { Model } from "@sightline/api/models";
import { useChange } from "../../app/api.js";
import { ActionButton, ConfirmButton } from "../../components/action-button.js";
import { Icon } from "../../components/icon.js";

export function StartStopButton({ model, size = "sm" }: { model: Model; size?: "xs" | "sm" }) {
  const start = useChange("startModel", { done: `Version ${model.version} inspects from now on.` });
  const stop = useChange("stopModel", { done: `Version ${model.version} is stopped.` });
  const params = { modelId: model.id };
  if (!model.isRunning) {
    return (
      <ActionButton
        route="startModel"
        size={size}
        leftSection={<Icon path={mdiPlay} size={18} />}
        loading={start.isPending}
        onClick={() => start.mutate({ params })}
      >
        Start
      </ActionButton>
    );
  }
  return (
    <ConfirmButton
      route="stopModel"
      size={size}
      variant="default"
      leftSection={<Icon path={mdiStop} size={18} />}
      loading={stop.isPending}
      question={`Stop version ${model.version}?`}
      consequence="Pictures that come in are kept and wait until a model of this project runs again."
      confirm="Stop it"
      onClick={() => stop.mutate({ params })}
    >
      Stop
    </ConfirmButton>
  );
}
