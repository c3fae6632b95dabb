import { useQuery, useQueryClient } from "@tanstack/react-query";
import { api } from "../api/client.ts";
import { usePages } from "../api/pages.ts";
import { answered } from "../api/problem.ts";
import { refreshMs } from "../api/query-client.ts";
import { useReading } from "../api/reading.ts";
import type { Notification } from "../api/resources.ts";

export type NotificationStatus = Notification["status"];

/** Which notifications are listed. */
interface NotificationsFilter {
  readonly status: NotificationStatus | undefined;
  /** Only those to this receiver. */
  readonly url: string | undefined;
}

export const useNotifications = ({ status, url }: NotificationsFilter) =>
  usePages(["notifications", status, url], (cursor, signal) =>
    answered(
      api.GET("/v1/notifications", {
        params: {
          query: {
            limit: 50,
            ...(status !== undefined && { status }),
            ...(url !== undefined && { url }),
            ...(cursor !== undefined && { cursor }),
          },
        },
        signal,
      }),
    ),
  );

/** Every receiver, those with the most dead letters first. */
export const useReceivers = () =>
  useReading({
    queryKey: ["notification-receivers"],
    queryFn: ({ signal }) => answered(api.GET("/v1/notifications/receivers", { signal })),
    refetchInterval: refreshMs,
  });

/** One notification with its requests. */
export const useNotification = (id: string) =>
  useReading({
    queryKey: ["notification", id],
    queryFn: ({ signal }) =>
      answered(api.GET("/v1/notifications/{id}", { params: { path: { id } }, signal })),
    refetchInterval: refreshMs,
  });

export const resendNotification = (id: string) =>
  answered(api.POST("/v1/notifications/{id}/resend", { params: { path: { id } } }));

const bodyOf = (url: string | undefined) => (url === undefined ? { all: true as const } : { url });

/** How many dead letters of a receiver, or of every one, would be sent again. */
export const useDeadCount = (url: string | undefined) =>
  useQuery({
    queryKey: ["notifications-dead", url],
    queryFn: ({ signal }) =>
      answered(api.POST("/v1/notifications/resend", { body: { ...bodyOf(url), dryRun: true }, signal })),
    gcTime: 0,
  });

/** Sends the dead letters of a receiver, or of every one, again: as many as one call takes. */
export const resendDead = (url: string | undefined) =>
  answered(api.POST("/v1/notifications/resend", { body: bodyOf(url) }));

export const sendTestEvent = (url: string) => answered(api.POST("/v1/notifications/test", { body: { url } }));

/** Reads the lists again. */
export const useRereadNotifications = (): (() => Promise<void>) => {
  const client = useQueryClient();
  return async () => {
    await Promise.all(
      ["notifications", "notification-receivers"].map((name) =>
        client.invalidateQueries({ queryKey: [name] }),
      ),
    );
  };
};
