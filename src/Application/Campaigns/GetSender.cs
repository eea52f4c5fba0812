using FluentValidation;
using MediatR;
using Npgsql;
using NpgsqlTypes;
using SchemaHub.Application.Access;
using SchemaHub.Application.Contacts;

namespace SchemaHub.Application.Campaigns;

/// <summary>In whose name the caller's organization writes, and the domains it may write from.</summary>
[Requires("campaigns:read")]
public sealed record GetSender : IQuery<PublishedSender>;

/// <summary>One of the domains.</summary>
[Requires("campaigns:read")]
public sealed record GetSenderDomain(string Domain) : IQuery<PublishedDomain>;

/// <summary>A sender as published.</summary>
/// <param name="Profile">Null before it was described.</param>
/// <param name="IsReady">It is described, and its address is of a verified domain.</param>
/// <param name="Domains">In alphabetical order, 50 at most.</param>
/// <param name="Version">For <c>ETag</c> and <c>If-Match</c>; 0 before anything was said.</param>
public sealed record PublishedSender(
    PublishedProfile? Profile,
    bool IsReady,
    IReadOnlyList<PublishedDomain> Domains,
    long Version
);

/// <summary>In whose name mail goes out.</summary>
public sealed record PublishedProfile(string FromName, string FromAddress, string? ReplyTo, string PostalAddress);

/// <summary>A domain that mail is written from.</summary>
/// <param name="PublicKey">SubjectPublicKeyInfo in base64.</param>
/// <param name="Record">What has to stand in its DNS.</param>
/// <param name="VerifiedAt">Null before.</param>
public sealed record PublishedDomain(
    string Domain,
    string PublicKey,
    DnsRecord Record,
    DateTimeOffset CreatedAt,
    DateTimeOffset? VerifiedAt
);

internal sealed class GetSenderDomainValidator : AbstractValidator<GetSenderDomain>
{
    public GetSenderDomainValidator() => RuleFor(query => query.Domain).DomainName();
}

internal sealed class GetSenderHandler(TenantDatabase database, CommandContext context)
    : IRequestHandler<GetSender, PublishedSender>,
        IRequestHandler<GetSenderDomain, PublishedDomain>
{
    private const string SenderSql = """
        select t.from_name, t.from_address, t.reply_to, t.postal_address, s.version
        from events.mt_streams s
        left join sending.senders t on true
        where s.id = $1
        """;

    private const string DomainsSql = """
        select d.domain, d.selector, d.public_key, d.created_at, d.verified_at
        from sending.domains d
        where $1 is null or d.domain = $1
        order by d.domain
        """;

    public async Task<PublishedSender> Handle(GetSender query, CancellationToken cancellation)
    {
        var (profile, version) = (
            await database.Rows(
                context.Tenant,
                SenderSql,
                row => (ReadProfile(row), row.GetInt64(4)),
                cancellation,
                new NpgsqlParameter<Guid> { TypedValue = SenderDomains.StreamOf(context) }
            )
        ).SingleOrDefault();
        var domains = await ReadDomains(domain: null, cancellation);
        return new PublishedSender(profile, profile is not null && IsVerified(profile, domains), domains, version);
    }

    public async Task<PublishedDomain> Handle(GetSenderDomain query, CancellationToken cancellation) =>
        (await ReadDomains(SenderDomains.Canonical(query.Domain), cancellation)).SingleOrDefault()
        ?? throw new NotFoundException("domain");

    private Task<List<PublishedDomain>> ReadDomains(string? domain, CancellationToken cancellation) =>
        database.Rows(
            context.Tenant,
            DomainsSql,
            ReadDomain,
            cancellation,
            new NpgsqlParameter { Value = (object?)domain ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text }
        );

    private static bool IsVerified(PublishedProfile profile, List<PublishedDomain> domains) =>
        domains.Exists(domain =>
            domain.VerifiedAt is not null && Domain.Campaigns.Sender.IsOf(profile.FromAddress, domain.Domain)
        );

    private static PublishedProfile? ReadProfile(NpgsqlDataReader row) =>
        row.IsDBNull(0)
            ? null
            : new PublishedProfile(row.GetString(0), row.GetString(1), row.TextOrNull(2), row.GetString(3));

    private static PublishedDomain ReadDomain(NpgsqlDataReader row) =>
        new(
            row.GetString(0),
            row.GetString(2),
            DnsRecord.OfKey(row.GetString(0), row.GetString(1), row.GetString(2)),
            row.Utc(3),
            row.UtcOrNull(4)
        );
}
