using System.Text.Json.Nodes;
using SchemaHub.Application;
using SchemaHub.Application.Compliance;
using SchemaHub.Domain.Compliance;
using SchemaHub.Infrastructure.EventLog;
using SchemaHub.Infrastructure.Identity;

namespace SchemaHub.Infrastructure.Compliance;

/// <summary>Fills <c>access.privacy_requests</c>.</summary>
internal sealed class PrivacyRequestsProjection : FoldedProjection
{
    public override string Schema => "access";

    public override IReadOnlyList<PublishedTable> Tables { get; } = [new("privacy_requests", "id")];

    protected override bool Concerns(RecordedEvent recorded) => recorded.Data is PrivacyRequestEvent;

    protected override void Apply(RecordedEvent recorded, FoldedTables tables)
    {
        if (recorded.Data is PrivacyRequestOpened opened)
            tables["privacy_requests"].Put(Opened(recorded, opened));
        else if (recorded.Data is PrivacyRequestEvent happened)
            tables["privacy_requests"].Change(Changed(recorded, happened));
    }

    private static JsonObject Opened(RecordedEvent recorded, PrivacyRequestOpened opened) =>
        Row(
            ("id", recorded.Stream),
            ("organization_id", OrganizationOf(recorded)),
            ("request_type", PrivacyWords.Of(opened.Right)),
            ("subject_kind", PrivacyWords.Of(opened.About.Kind)),
            ("subject_id", opened.About.Stream),
            ("contact_id", opened.About.Number),
            ("status", PrivacyWords.Of(PrivacyStatus.Pending)),
            ("requested_at", At(opened.RequestedAt)),
            ("due_on", $"{opened.DueOn:O}"),
            ("is_extended", false),
            ("note", opened.Note)
        );

    private static JsonObject Changed(RecordedEvent recorded, PrivacyRequestEvent happened)
    {
        var (id, at) = (recorded.Stream, At(recorded.RecordedAt));
        return happened switch
        {
            PrivacyRequestBegun => Row(("id", id), ("status", PrivacyWords.Of(PrivacyStatus.InProgress))),
            PrivacyRequestExtended extended => Row(
                ("id", id),
                ("due_on", $"{extended.DueOn:O}"),
                ("is_extended", true),
                ("extension_reason", extended.Reason)
            ),
            PrivacyRequestCompleted completed => Row(
                ("id", id),
                ("status", PrivacyWords.Of(PrivacyStatus.Completed)),
                ("ended_at", at),
                ("outcome", PrivacyWords.Of(completed.Outcome)),
                ("sha256", completed.Sha256),
                ("size_bytes", completed.SizeBytes),
                ("evidence", completed.Evidence)
            ),
            PrivacyRequestRejected rejected => Row(
                ("id", id),
                ("status", PrivacyWords.Of(PrivacyStatus.Rejected)),
                ("ended_at", at),
                ("rejection_ground", PrivacyWords.Of(rejected.Ground)),
                ("rejection_reason", rejected.Reason)
            ),
            PrivacyRequestCancelled => Row(
                ("id", id),
                ("status", PrivacyWords.Of(PrivacyStatus.Cancelled)),
                ("ended_at", at)
            ),
            _ => Row(
                ("id", id),
                ("extension_reason", null),
                ("rejection_reason", null),
                ("note", null),
                ("forgotten_at", at)
            ),
        };
    }
}

/// <summary>Fills <c>podcast.gdpr_requests</c>: those of organizations.</summary>
internal sealed class PodcastPrivacyProjection : FoldedProjection
{
    public override string Schema => "podcast";

    public override IReadOnlyList<PublishedTable> Tables { get; } = [new("gdpr_requests", "id")];

    protected override bool Concerns(RecordedEvent recorded) =>
        recorded.Data is PrivacyRequestEvent && recorded.Tenant != Tenant.System;

    protected override void Apply(RecordedEvent recorded, FoldedTables tables)
    {
        if (!Concerns(recorded))
            return;

        var (rows, id) = (tables["gdpr_requests"], recorded.Stream);
        switch (recorded.Data)
        {
            case PrivacyRequestOpened opened:
                rows.Put(
                    Row(
                        ("id", id),
                        ("tenant_id", recorded.Tenant),
                        (
                            "user_id",
                            opened.About.Kind == SubjectKind.User
                                ? Membership.IdOf(Guid.Parse(recorded.Tenant), opened.About.Stream)
                                : null
                        ),
                        ("request_type", PrivacyWords.Of(opened.Right)),
                        ("status", PrivacyWords.Of(PrivacyStatus.Pending)),
                        ("requested_at", At(opened.RequestedAt)),
                        ("completed_at", null),
                        ("notes", opened.Note)
                    )
                );
                break;
            case PrivacyRequestForgotten:
                rows.Change(Row(("id", id), ("notes", null)));
                break;
            case PrivacyRequestCompleted:
                rows.Change(
                    Row(
                        ("id", id),
                        ("status", PrivacyWords.Of(PrivacyStatus.Completed)),
                        ("completed_at", At(recorded.RecordedAt))
                    )
                );
                break;
            case PrivacyRequestBegun:
                rows.Change(Row(("id", id), ("status", PrivacyWords.Of(PrivacyStatus.InProgress))));
                break;
            case PrivacyRequestRejected:
                rows.Change(Row(("id", id), ("status", PrivacyWords.Of(PrivacyStatus.Rejected))));
                break;
            case PrivacyRequestCancelled:
                rows.Change(Row(("id", id), ("status", PrivacyWords.Of(PrivacyStatus.Cancelled))));
                break;
        }
    }
}
