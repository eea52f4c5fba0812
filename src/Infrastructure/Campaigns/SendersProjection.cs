using SchemaHub.Application;
using SchemaHub.Domain.Campaigns;
using SchemaHub.Infrastructure.EventLog;

namespace SchemaHub.Infrastructure.Campaigns;

/// <summary>Fills <c>sending.senders</c> and <c>sending.domains</c>.</summary>
internal sealed class SendersProjection : FoldedProjection
{
    public override string Schema => "sending";

    public override IReadOnlyList<PublishedTable> Tables { get; } =
    [new("senders", "organization_id"), new("domains", "organization_id", "domain")];

    protected override bool Concerns(RecordedEvent recorded) => recorded.Data is SenderEvent;

    protected override void Apply(RecordedEvent recorded, FoldedTables tables)
    {
        var (organization, at) = (recorded.Tenant, At(recorded.RecordedAt));
        switch (recorded.Data)
        {
            case SenderDescribed described:
                tables["senders"]
                    .Put(
                        Row(
                            ("organization_id", organization),
                            ("from_name", described.FromName),
                            ("from_address", described.FromAddress),
                            ("reply_to", described.ReplyTo),
                            ("postal_address", described.PostalAddress),
                            ("version", recorded.Version),
                            ("updated_at", at)
                        )
                    );
                break;
            case SenderDomainAdded added:
                tables["domains"]
                    .Put(
                        Row(
                            ("organization_id", organization),
                            ("domain", added.Domain),
                            ("selector", added.Selector),
                            ("public_key", added.PublicKey),
                            ("sealed_private_key", added.SealedPrivateKey),
                            ("verified_at", null),
                            ("created_at", at)
                        )
                    );
                break;
            case SenderDomainVerified verified:
                tables["domains"]
                    .Change(Row(("organization_id", organization), ("domain", verified.Domain), ("verified_at", at)));
                break;
            case SenderDomainRemoved removed:
                tables["domains"].Delete(Row(("organization_id", organization), ("domain", removed.Domain)));
                break;
        }
    }
}
