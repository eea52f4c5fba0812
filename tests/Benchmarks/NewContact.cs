using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using SchemaHub.Application;
using SchemaHub.Application.Contacts;
using SchemaHub.Domain.Contacts;
using SchemaHub.Infrastructure.Contacts;
using SchemaHub.Infrastructure.EventLog;
using SchemaHub.Infrastructure.Security;

namespace SchemaHub.Benchmarks;

/// <summary>
/// A new contact with a consent and its evidence: as a command, and as the rows that the command comes to.
/// </summary>
internal sealed record NewContact(
    Guid Stream,
    byte[] Key,
    Guid EventId,
    string EventJson,
    string Email,
    string Name,
    string Token,
    string HistoryMetadata,
    Evidence Evidence
)
{
    private const string UserAgent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
    private static readonly DateTimeOffset OptedInAt = new(2024, 5, 1, 9, 30, 0, TimeSpan.Zero);
    private static readonly IPAddress Ip = IPAddress.Parse("203.0.113.77");

    private static long _count;

    /// <summary>What the service sees of the person who asks.</summary>
    public static Evidence Seen { get; } = new(Ip.ToString(), UserAgent, Claims: null);

    /// <summary>The command, of an address that never comes again.</summary>
    public static AddContact Ask()
    {
        var (email, name) = Next();
        return new AddContact(email, name, Consent: new ConsentInput(OptedInAt: OptedInAt));
    }

    /// <summary>Where the person is.</summary>
    public static CommandContext Caller(CommandContext context) => context with { Ip = Ip, UserAgent = UserAgent };

    /// <summary>The event that the command comes to, and its stream.</summary>
    public static (Guid Stream, ContactAdded Added) Event(KeyRing keys, string tenant)
    {
        var (email, name) = Next();
        var claims = new Dictionary<string, string> { ["opted_in_at"] = OptedInAt.ToString("O") };
        var added = new ContactAdded(
            Sources.Api,
            ImportId: null,
            new Consent(
                Purposes.Newsletter,
                LegalBases.Consent,
                ConsentMethods.Imported,
                Wording: null,
                Language: null
            ),
            email,
            name,
            Metadata: null,
            RandomNumberGenerator.GetHexString(64, lowercase: true),
            Seen with
            {
                Claims = claims,
            }
        );
        return (new KeyedIds(keys).OfContact(tenant, EmailAddress.Parse(email)), added);
    }

    /// <summary>The rows, made by the service's own code.</summary>
    public static NewContact Rows(KeyRing keys, string tenant)
    {
        var (stream, added) = Event(keys, tenant);
        var key = SubjectKey.Create();
        return new NewContact(
            stream,
            key.Wrap(keys, tenant, stream),
            Guid.CreateVersion7(),
            EventCodec.Encode(added, key, tenant, stream, 1),
            added.Email!,
            added.Name!,
            added.UnsubscribeToken!,
            HistoryRow
                .Of(added, new RecordedEvent(1, tenant, stream, 1, 1, OptedInAt, "contact_added", added))!
                .Metadata,
            added.Evidence!
        );
    }

    private static (string Email, string Name) Next()
    {
        var number = Interlocked.Increment(ref _count).ToString(CultureInfo.InvariantCulture);
        return ($"person{number}@example.org", $"Person {number}");
    }
}
