/** The frame around every page: who is signed in, where one can go, whether live updates arrive. */
import { AppShell, Box } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { ApiCallError } from "@sightline/client/client";
import { Outlet, useLocation } from "react-router";
import { DeviceOnly, ServerUnreachable, SignInNeeded } from "../components/faces.js";
import { PageLoading } from "../components/loading.js";
import { useApi } from "./api.js";
import { LiveProvider } from "./live.js";
import { PhoneBar, PhoneHeader } from "./phone-bars.js";
import { SessionProvider } from "./session.js";
import { SideBar } from "./side-bar.js";

export function Shell() {
  const me = useApi("getMe");
  if (me.isPending) return <PageLoading />;
  if (me.error instanceof ApiCallError && me.error.status === 401) return <SignInNeeded />;
  if (me.data === undefined) return <ServerUnreachable error={me.error} retry={() => void me.refetch()} />;
  if (me.data.role === "device") return <DeviceOnly name={me.data.name} />;
  return (
    <SessionProvider value={me.data}>
      <LiveProvider>
        <Frame />
      </LiveProvider>
    </SessionProvider>
  );
}

function Frame() {
  const [isOpen, menu] = useDisclosure(false);
  const { pathname } = useLocation();
  return (
    <AppShell
      layout="alt"
      header={{ height: { base: 54, md: 0 } }}
      footer={{ height: { base: 60, md: 0 } }}
      navbar={{ width: 232, breakpoint: "md", collapsed: { mobile: !isOpen } }}
      padding={0}
    >
      <a className="skip-link" href="#page">
        Skip to the page
      </a>
      <PhoneHeader isOpen={isOpen} toggle={menu.toggle} />
      <SideBar close={menu.close} />
      <AppShell.Main bg="var(--page)">
        <Box id="page" key={pathname} maw={1320} mx="auto" px={{ base: 16, sm: 28 }} py={{ base: 20, sm: 28 }}>
          <Outlet />
        </Box>
      </AppShell.Main>
      <PhoneBar openMore={menu.open} />
    </AppShell>
  );
}
