import { QueryClientProvider } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import { Redirect, Route, Switch } from "wouter";
import { queryClient } from "./api/query-client.ts";
import type { Session } from "./api/resources.ts";
import { BatchScreen } from "./batch/batch-screen.tsx";
import { BatchesScreen } from "./batches/batches-screen.tsx";
import { ConnectScreen } from "./connect/connect-screen.tsx";
import { EventsScreen } from "./events/events-screen.tsx";
import { InstallScreen } from "./install/install-screen.tsx";
import { InstallsScreen } from "./installs/installs-screen.tsx";
import { NotificationsScreen } from "./notifications/notifications-screen.tsx";
import { OverviewScreen } from "./overview/overview-screen.tsx";
import { mayDo, SessionGate, useSession } from "./session/session.tsx";
import { SetupScreen } from "./setup/setup-screen.tsx";
import { type Entry, Shell } from "./shell/shell.tsx";
import { ScreenLink } from "./ui/link.tsx";
import { Empty, Loading } from "./ui/states.tsx";
import { Toasts } from "./ui/toasts.tsx";
import { WorkspacesScreen } from "./workspaces/workspaces-screen.tsx";

/** Figures of the fleet are about all workspaces together. */
const readsFleet = (session: Session): boolean => reads(session) && session.workspaces === undefined;

const Home = () => (readsFleet(useSession()) ? <OverviewScreen /> : <Redirect to="/installs" replace />);

const reads = (session: Session): boolean => mayDo(session, "read");

const writes = (session: Session): boolean => mayDo(session, "write");

const entries = [
  { to: "/", name: "Overview", isFor: readsFleet },
  { to: "/installs", name: "Installs", isFor: reads },
  { to: "/batches", name: "Batches", isFor: reads },
  { to: "/import", name: "Import", isFor: writes },
  { to: "/connect", name: "Connect", isFor: reads },
  { to: "/workspaces", name: "Workspaces", isFor: reads },
  { to: "/events", name: "Events", isFor: reads },
  { to: "/notifications", name: "Notifications", isFor: reads },
  { to: "/setup", name: "Setup", isFor: () => true },
] as const satisfies readonly Entry[];

const ImportScreen = lazy(() => import("./import/import-screen.tsx"));

const LazyImportScreen = () => (
  <Suspense fallback={<Loading label="Reading the screen" />}>
    <ImportScreen />
  </Suspense>
);

export const App = () => (
  <QueryClientProvider client={queryClient}>
    <SessionGate>
      <Shell entries={entries}>
        <Switch>
          <Route path="/" component={Home} />
          <Route path="/sign-in">
            <Redirect to="/" replace />
          </Route>
          <Route path="/installs" component={InstallsScreen} />
          <Route path="/installs/:id" component={InstallScreen} />
          <Route path="/import" component={LazyImportScreen} />
          <Route path="/batches" component={BatchesScreen} />
          <Route path="/batches/:id" component={BatchScreen} />
          <Route path="/connect" component={ConnectScreen} />
          <Route path="/workspaces" component={WorkspacesScreen} />
          <Route path="/events" component={EventsScreen} />
          <Route path="/notifications" component={NotificationsScreen} />
          <Route path="/setup" component={SetupScreen} />
          <Route>
            <Empty title="There is no such page">
              <p>
                Go to <ScreenLink to="/installs">all installs</ScreenLink>.
              </p>
            </Empty>
          </Route>
        </Switch>
      </Shell>
    </SessionGate>
    <Toasts />
  </QueryClientProvider>
);
