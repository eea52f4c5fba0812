// Generated from the service's OpenAPI document by scripts/lists.mjs. Do not edit.
import type { SchemaHub } from "../src/index.js";

/** Things that some lists are of. */
export interface Ids {
  contact: number;
  campaign: number;
  episode: string;
}

/** A page of every list. */
export const pagesOf = (api: SchemaHub, ids: Ids) => [
  [
    "/api/v1/jobs",
    () =>
      api.GET("/api/v1/jobs", {
        params: { query: { limit: 1 } },
      }),
  ],
  [
    "/api/v1/jobs/runs",
    () =>
      api.GET("/api/v1/jobs/runs", {
        params: { query: { limit: 1 } },
      }),
  ],
  [
    "/api/v1/jobs/recurring",
    () =>
      api.GET("/api/v1/jobs/recurring", {
        params: { query: { limit: 1 } },
      }),
  ],
  [
    "/api/v1/organizations",
    () =>
      api.GET("/api/v1/organizations", {
        params: { query: { limit: 1 } },
      }),
  ],
  [
    "/api/v1/sessions",
    () =>
      api.GET("/api/v1/sessions", {
        params: { query: { limit: 1 } },
      }),
  ],
  [
    "/api/v1/me/privacy-requests",
    () =>
      api.GET("/api/v1/me/privacy-requests", {
        params: { query: { limit: 1 } },
      }),
  ],
  [
    "/api/v1/contacts",
    () =>
      api.GET("/api/v1/contacts", {
        params: { query: { limit: 1 } },
      }),
  ],
  [
    "/api/v1/contacts/{id}/history",
    () =>
      api.GET("/api/v1/contacts/{id}/history", {
        params: { path: { id: ids.contact }, query: { limit: 1 } },
      }),
  ],
  [
    "/api/v1/audit",
    () =>
      api.GET("/api/v1/audit", {
        params: { query: { limit: 1 } },
      }),
  ],
  [
    "/api/v1/security-events",
    () =>
      api.GET("/api/v1/security-events", {
        params: { query: { limit: 1 } },
      }),
  ],
  [
    "/api/v1/privacy-requests",
    () =>
      api.GET("/api/v1/privacy-requests", {
        params: { query: { limit: 1 } },
      }),
  ],
  [
    "/api/v1/campaigns",
    () =>
      api.GET("/api/v1/campaigns", {
        params: { query: { limit: 1 } },
      }),
  ],
  [
    "/api/v1/campaigns/{id}/deliveries",
    () =>
      api.GET("/api/v1/campaigns/{id}/deliveries", {
        params: { path: { id: ids.campaign }, query: { limit: 1 } },
      }),
  ],
  [
    "/api/v1/podcast/listener-events",
    () =>
      api.GET("/api/v1/podcast/listener-events", {
        params: { query: { limit: 1 } },
      }),
  ],
  [
    "/api/v1/podcast/attribution-events",
    () =>
      api.GET("/api/v1/podcast/attribution-events", {
        params: { query: { limit: 1 } },
      }),
  ],
  [
    "/api/v1/podcast/listener-metrics",
    () =>
      api.GET("/api/v1/podcast/listener-metrics", {
        params: { query: { limit: 1 } },
      }),
  ],
  [
    "/api/v1/podcast/episodes/{id}/listeners",
    () =>
      api.GET("/api/v1/podcast/episodes/{id}/listeners", {
        params: { path: { id: ids.episode }, query: { limit: 1 } },
      }),
  ],
  [
    "/api/v1/members",
    () =>
      api.GET("/api/v1/members", {
        params: { query: { limit: 1 } },
      }),
  ],
  [
    "/api/v1/invitations",
    () =>
      api.GET("/api/v1/invitations", {
        params: { query: { limit: 1 } },
      }),
  ],
  [
    "/api/v1/roles",
    () =>
      api.GET("/api/v1/roles", {
        params: { query: { limit: 1 } },
      }),
  ],
  [
    "/api/v1/keys",
    () =>
      api.GET("/api/v1/keys", {
        params: { query: { limit: 1 } },
      }),
  ],
  [
    "/api/v1/backstage/email-templates",
    () =>
      api.GET("/api/v1/backstage/email-templates", {
        params: { query: { limit: 1 } },
      }),
  ],
  [
    "/api/v1/podcast/podcasts",
    () =>
      api.GET("/api/v1/podcast/podcasts", {
        params: { query: { limit: 1 } },
      }),
  ],
  [
    "/api/v1/podcast/episodes",
    () =>
      api.GET("/api/v1/podcast/episodes", {
        params: { query: { limit: 1 } },
      }),
  ],
  [
    "/api/v1/podcast/transcripts",
    () =>
      api.GET("/api/v1/podcast/transcripts", {
        params: { query: { limit: 1 } },
      }),
  ],
  [
    "/api/v1/podcast/sponsors",
    () =>
      api.GET("/api/v1/podcast/sponsors", {
        params: { query: { limit: 1 } },
      }),
  ],
  [
    "/api/v1/podcast/campaigns",
    () =>
      api.GET("/api/v1/podcast/campaigns", {
        params: { query: { limit: 1 } },
      }),
  ],
  [
    "/api/v1/podcast/ad-units",
    () =>
      api.GET("/api/v1/podcast/ad-units", {
        params: { query: { limit: 1 } },
      }),
  ],
  [
    "/api/v1/podcast/io-bookings",
    () =>
      api.GET("/api/v1/podcast/io-bookings", {
        params: { query: { limit: 1 } },
      }),
  ],
  [
    "/api/v1/podcast/matches",
    () =>
      api.GET("/api/v1/podcast/matches", {
        params: { query: { limit: 1 } },
      }),
  ],
  [
    "/api/v1/podcast/tenant-settings",
    () =>
      api.GET("/api/v1/podcast/tenant-settings", {
        params: { query: { limit: 1 } },
      }),
  ],
  [
    "/api/v1/podcast/tenant-quotas",
    () =>
      api.GET("/api/v1/podcast/tenant-quotas", {
        params: { query: { limit: 1 } },
      }),
  ],
  [
    "/api/v1/podcast/white-label-settings",
    () =>
      api.GET("/api/v1/podcast/white-label-settings", {
        params: { query: { limit: 1 } },
      }),
  ],
  [
    "/api/v1/podcast/integrations",
    () =>
      api.GET("/api/v1/podcast/integrations", {
        params: { query: { limit: 1 } },
      }),
  ],
  [
    "/api/v1/podcast/integration-sync-logs",
    () =>
      api.GET("/api/v1/podcast/integration-sync-logs", {
        params: { query: { limit: 1 } },
      }),
  ],
  [
    "/api/v1/podcast/user-email-preferences",
    () =>
      api.GET("/api/v1/podcast/user-email-preferences", {
        params: { query: { limit: 1 } },
      }),
  ],
  [
    "/api/v1/podcast/user-metrics",
    () =>
      api.GET("/api/v1/podcast/user-metrics", {
        params: { query: { limit: 1 } },
      }),
  ],
  [
    "/api/v1/podcast/resource-ownership",
    () =>
      api.GET("/api/v1/podcast/resource-ownership", {
        params: { query: { limit: 1 } },
      }),
  ],
  [
    "/api/v1/podcast/access-control-policies",
    () =>
      api.GET("/api/v1/podcast/access-control-policies", {
        params: { query: { limit: 1 } },
      }),
  ],
  [
    "/api/v1/podcast/agencies",
    () =>
      api.GET("/api/v1/podcast/agencies", {
        params: { query: { limit: 1 } },
      }),
  ],
  [
    "/api/v1/podcast/affiliates",
    () =>
      api.GET("/api/v1/podcast/affiliates", {
        params: { query: { limit: 1 } },
      }),
  ],
  [
    "/api/v1/podcast/referrals",
    () =>
      api.GET("/api/v1/podcast/referrals", {
        params: { query: { limit: 1 } },
      }),
  ],
  [
    "/api/v1/podcast/referral-commissions",
    () =>
      api.GET("/api/v1/podcast/referral-commissions", {
        params: { query: { limit: 1 } },
      }),
  ],
  [
    "/api/v1/podcast/subscription-tiers",
    () =>
      api.GET("/api/v1/podcast/subscription-tiers", {
        params: { query: { limit: 1 } },
      }),
  ],
  [
    "/api/v1/podcast/experiments",
    () =>
      api.GET("/api/v1/podcast/experiments", {
        params: { query: { limit: 1 } },
      }),
  ],
  [
    "/api/v1/podcast/experiment-assignments",
    () =>
      api.GET("/api/v1/podcast/experiment-assignments", {
        params: { query: { limit: 1 } },
      }),
  ],
  [
    "/api/v1/podcast/experiment-events",
    () =>
      api.GET("/api/v1/podcast/experiment-events", {
        params: { query: { limit: 1 } },
      }),
  ],
  [
    "/api/v1/podcast/churn-events",
    () =>
      api.GET("/api/v1/podcast/churn-events", {
        params: { query: { limit: 1 } },
      }),
  ],
  [
    "/api/v1/podcast/attribution-models",
    () =>
      api.GET("/api/v1/podcast/attribution-models", {
        params: { query: { limit: 1 } },
      }),
  ],
  [
    "/api/v1/podcast/attribution-analytics",
    () =>
      api.GET("/api/v1/podcast/attribution-analytics", {
        params: { query: { limit: 1 } },
      }),
  ],
  [
    "/api/v1/podcast/onboarding-steps",
    () =>
      api.GET("/api/v1/podcast/onboarding-steps", {
        params: { query: { limit: 1 } },
      }),
  ],
  [
    "/api/v1/podcast/onboarding-progress",
    () =>
      api.GET("/api/v1/podcast/onboarding-progress", {
        params: { query: { limit: 1 } },
      }),
  ],
  [
    "/api/v1/podcast/reports",
    () =>
      api.GET("/api/v1/podcast/reports", {
        params: { query: { limit: 1 } },
      }),
  ],
  [
    "/api/v1/podcast/partners",
    () =>
      api.GET("/api/v1/podcast/partners", {
        params: { query: { limit: 1 } },
      }),
  ],
  [
    "/api/v1/podcast/partner-integrations",
    () =>
      api.GET("/api/v1/podcast/partner-integrations", {
        params: { query: { limit: 1 } },
      }),
  ],
  [
    "/api/v1/podcast/marketplace-listings",
    () =>
      api.GET("/api/v1/podcast/marketplace-listings", {
        params: { query: { limit: 1 } },
      }),
  ],
  [
    "/api/v1/podcast/marketplace-revenue",
    () =>
      api.GET("/api/v1/podcast/marketplace-revenue", {
        params: { query: { limit: 1 } },
      }),
  ],
  [
    "/api/v1/saas/projects",
    () =>
      api.GET("/api/v1/saas/projects", {
        params: { query: { limit: 1 } },
      }),
  ],
  [
    "/api/v1/saas/themes",
    () =>
      api.GET("/api/v1/saas/themes", {
        params: { query: { limit: 1 } },
      }),
  ],
  [
    "/api/v1/saas/files",
    () =>
      api.GET("/api/v1/saas/files", {
        params: { query: { limit: 1 } },
      }),
  ],
  [
    "/api/v1/smarthub/entities",
    () =>
      api.GET("/api/v1/smarthub/entities", {
        params: { query: { limit: 1 } },
      }),
  ],
  [
    "/api/v1/snorq/labels",
    () =>
      api.GET("/api/v1/snorq/labels", {
        params: { query: { limit: 1 } },
      }),
  ],
  [
    "/api/v1/backstage/soundcloud-tracks",
    () =>
      api.GET("/api/v1/backstage/soundcloud-tracks", {
        params: { query: { limit: 1 } },
      }),
  ],
] as const;
