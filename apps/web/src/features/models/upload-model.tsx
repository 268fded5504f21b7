/** Adds a model file that was trained elsewhere. */
import { FileButton, Tooltip } from "@mantine/core";
import { mdiUpload } from "@mdi/js";
import { useRef } from "react";
import { useChange } from "../../app/api.js";
import { ActionButton } from "../../components/action-button.js";
import { Icon } from "../../components/icon.js";

export function UploadModel({ projectId }: { projectId: string }) {
  const reset = useRef<() => void>(null);
  const upload = useChange("uploadModel", {
    done: (model) => `Version ${model.version} is there; start it when you like.`,
  });
  const send = async (file: File | null) => {
    if (file === null) return;
    reset.current?.();
    const bytes = new Uint8Array(await file.arrayBuffer());
    upload.mutate({ params: { projectId }, bytes, contentType: "application/octet-stream", timeoutMs: 300_000 });
  };
  return (
    <FileButton resetRef={reset} onChange={(file) => void send(file)} accept=".onnx">
      {({ onClick }) => (
        <Tooltip label="A file made by `sightline train`">
          <div>
            <ActionButton
              route="uploadModel"
              size="xs"
              variant="default"
              leftSection={<Icon path={mdiUpload} size={16} />}
              loading={upload.isPending}
              onClick={onClick}
            >
              Add a model file
            </ActionButton>
          </div>
        </Tooltip>
      )}
    </FileButton>
  );
}
