using SchemaHub.Application.Campaigns;
using SchemaHub.Domain.Campaigns;
using SchemaHub.Domain.Contacts;

namespace SchemaHub.Infrastructure.Campaigns;

/// <summary>A campaign that this node sends: what every mail of it has in common, made ready once.</summary>
internal sealed class ActiveCampaign(
    int id,
    Guid organization,
    string slug,
    string purpose,
    CampaignContent content,
    ICompiledTemplate template,
    DkimKey dkim
)
{
    // A few persons' data may be too much; more of them, and it is the template.
    private const int MostTooCostly = 10;

    private volatile bool _isStopped;
    private int _tooCostly;

    public int Id { get; } = id;

    public Guid Organization { get; } = organization;

    /// <summary>The organization's, for headers.</summary>
    public string Slug { get; } = slug;

    public string Purpose { get; } = purpose;

    public CampaignContent Content { get; } = content;

    public ICompiledTemplate Template { get; } = template;

    public DkimKey Dkim { get; } = dkim;

    /// <summary>The domain it writes from.</summary>
    public string Domain { get; } = EmailAddress.DomainOf(content.FromAddress);

    /// <summary>It was paused, or its quota is used up: what is in hand of it is given back.</summary>
    public bool IsStopped => _isStopped;

    /// <inheritdoc cref="IsStopped"/>
    public void Stop() => _isStopped = true;

    /// <summary>One more mail cost too much; whether that is the one after which no other is tried.</summary>
    public bool CountTooCostly() => Interlocked.Increment(ref _tooCostly) == MostTooCostly;
}
