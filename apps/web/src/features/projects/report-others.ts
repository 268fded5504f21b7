/** Names the dropped files that are no pictures. */
import { notifications } from "@mantine/notifications";
import { plural } from "../../components/format.js";

export function reportOthers(names: readonly string[]): void {
  if (names.length === 0) return;
  const shown = names.slice(0, 5).join(", ");
  notifications.show({
    color: "yellow",
    title: `${plural(names.length, "file was", "files were")} left out`,
    message: `Only JPEG and PNG pictures can be used: ${shown}${names.length > 5 ? ", …" : ""}`,
    autoClose: 10_000,
  });
}
