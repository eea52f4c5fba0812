using System.Collections.Frozen;

namespace SchemaHub.Application.Records;

/// <summary>
/// Every record there is, a line each, parents before those that refer to them. The moment a record gains a state
/// machine, a reaction or a rule that other rows follow, its line goes and a slice is written; table and URL stay.
/// </summary>
public static class RecordCatalogue
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<RecordType> All { get; } =
    [
        RecordType.Of(new ShowValidator()),
        RecordType.Of(new EpisodeValidator()),
        RecordType.Of(new TranscriptValidator()),
        RecordType.Of(new SponsorValidator()),
        RecordType.Of(new CampaignValidator()),
        RecordType.Of(new AdUnitValidator()),
        RecordType.Of(new InsertionOrderValidator()),
        RecordType.Of(new MatchValidator()),
        RecordType.Of(new TenantSettingsValidator()),
        RecordType.Of(new TenantQuotasValidator()),
        RecordType.Of(new WhiteLabelSettingsValidator()),
        RecordType.Of(new IntegrationValidator()),
        RecordType.Of(new IntegrationSyncValidator()),
        RecordType.Of(new EmailPreferencesValidator()),
        RecordType.Of(new UserMetricValidator()),
        RecordType.Of(new ResourceOwnershipValidator()),
        RecordType.Of(new AccessPolicyValidator()),
        RecordType.Of(new AgencyValidator()),
        RecordType.Of(new AffiliateValidator()),
        RecordType.Of(new ReferralValidator()),
        RecordType.Of(new ReferralCommissionValidator()),
        RecordType.Of(new SubscriptionTierValidator()),
        RecordType.Of(new ExperimentValidator()),
        RecordType.Of(new ExperimentAssignmentValidator()),
        RecordType.Of(new ExperimentObservationValidator()),
        RecordType.Of(new ChurnValidator()),
        RecordType.Of(new AttributionSchemeValidator()),
        RecordType.Of(new AttributionAnalysisValidator()),
        RecordType.Of(new OnboardingStepValidator()),
        RecordType.Of(new OnboardingProgressValidator()),
        RecordType.Of(new ReportValidator()),
        RecordType.Of(new PartnerValidator()),
        RecordType.Of(new PartnerIntegrationValidator()),
        RecordType.Of(new MarketplaceListingValidator()),
        RecordType.Of(new MarketplaceRevenueValidator()),
        RecordType.Of(new BackupRunValidator()),
        RecordType.Of(new ReplicationStatusValidator()),
        RecordType.Of(new FailoverValidator()),
        RecordType.Of(new RecoveryProcedureValidator()),
        RecordType.Of(new ProjectValidator()),
        RecordType.Of(new ThemeValidator()),
        RecordType.Of(new StoredFileValidator()),
        RecordType.Of(new EntityValidator()),
        RecordType.Of(new LabelValidator()),
        RecordType.Of(new SoundcloudTrackValidator()),
    ];

    private static readonly FrozenDictionary<string, RecordType> ByName = All.ToFrozenDictionary(
        type => type.Name,
        StringComparer.Ordinal
    );

    /// <summary>The record of a table, named with its schema, or null.</summary>
    public static RecordType? Find(string table) => ByName.GetValueOrDefault(table);

    /// <summary>The record of a table.</summary>
    /// <exception cref="NotFoundException">There is none.</exception>
    public static RecordType Get(string table) => Find(table) ?? throw new NotFoundException("record");
}
