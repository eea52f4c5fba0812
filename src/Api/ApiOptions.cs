using Microsoft.Extensions.Configuration;
using SchemaHub.Api.Campaigns;
using SchemaHub.Application.Identity;
using SchemaHub.Application.Jobs;
using SchemaHub.Application.Podcasts;
using SchemaHub.Infrastructure.Access;
using SchemaHub.Infrastructure.Campaigns;
using SchemaHub.Infrastructure.Database;
using SchemaHub.Infrastructure.Identity;
using SchemaHub.Infrastructure.Mail;
using SchemaHub.Infrastructure.Seals;

namespace SchemaHub.Api;

/// <summary>How the service is reached, and how much it takes from one caller.</summary>
public sealed record ApiOptions
{
    /// <summary>The configuration section: <c>SchemaHub__Urls</c> in the environment, and so on.</summary>
    public const string Section = "SchemaHub";

    /// <summary>Where to listen; several are separated by semicolons.</summary>
    public string Urls { get; init; } = "http://127.0.0.1:8080";

    /// <summary>
    /// Where people reach the service, for links in mails; where it listens unless named. By https, cookies are
    /// <c>Secure</c> and browsers are told to use nothing else.
    /// </summary>
    /// <exception cref="InvalidOperationException">It is no address by http or https.</exception>
    public Uri? PublicUrl
    {
        get;
        init =>
            field = value is null or { IsAbsoluteUri: true, Scheme: "http" or "https" }
                ? value
                : throw new InvalidOperationException("SchemaHub:PublicUrl is an http or https address.");
    }

    /// <summary>
    /// Addresses and networks (CIDR) of the proxies in front, whose <c>X-Forwarded-For</c> is believed. None unless
    /// named, not even this machine.
    /// </summary>
    public IReadOnlyList<string> TrustedProxies { get; init; } = [];

    /// <summary>
    /// The published schemas that are on, <c>backstage</c> among them; all unless named. The same for every node, and
    /// changed while none runs.
    /// </summary>
    public IReadOnlyList<string>? Schemas { get; init; }

    /// <summary>The largest request body, in bytes, where an endpoint does not say otherwise.</summary>
    public long MaxBodyBytes { get; init; } = 256 * 1024;

    /// <summary>The longest a request may take, in seconds, where an endpoint does not say otherwise.</summary>
    public int RequestTimeoutSeconds { get; init; } = 30;

    /// <summary>Requests per second of one API key; twice as many at once.</summary>
    public int RequestsPerSecond { get; init; } = 10_000;

    /// <summary>Requests per minute of one address to a public form.</summary>
    public int FormsPerMinute { get; init; } = 30;

    /// <summary>The largest file of contacts that comes by HTTP, in bytes; the command line takes any.</summary>
    public long MaxImportBytes { get; init; } = 512L * 1024 * 1024;

    /// <summary>The largest batch of telemetry, in bytes.</summary>
    public long MaxBatchBytes { get; init; } = 8L * 1024 * 1024;

    /// <summary>Whether every call with a key is counted in <c>podcast.api_usage</c>.</summary>
    public bool CountUsage { get; init; }

    /// <summary>Which organizations' programs may use the API.</summary>
    public ApiAccessOptions Api { get; init; } = new();

    /// <summary>How many decisions on access are kept in <c>podcast.access_logs</c>.</summary>
    public AccessLogOptions AccessLog { get; init; } = new();

    /// <summary>How long telemetry is kept.</summary>
    public TelemetryOptions Telemetry { get; init; } = new();

    /// <summary>How mail goes out; into a folder unless a server is named.</summary>
    public MailOptions Mail { get; init; } = new();

    /// <summary>How campaigns are sent.</summary>
    public SendingOptions Sending { get; init; } = new();

    /// <summary>Who may tell what became of mails.</summary>
    public WebhookOptions Webhooks { get; init; } = new();

    /// <summary>Where MJML is compiled.</summary>
    public MjmlOptions Mjml { get; init; } = new();

    /// <summary>Signing in with Google; off unless a client is named.</summary>
    public GoogleOptions Google { get; init; } = new();

    /// <summary>Who keeps the log's checkpoints.</summary>
    public WitnessOptions Witnesses { get; init; } = new();

    /// <summary>How much SQL readers may use.</summary>
    public ReaderLimits Readers { get; init; } = new();

    /// <summary>How this node runs jobs.</summary>
    public JobsOptions Jobs { get; init; } = new();

    /// <summary>How long logs and receipts are kept.</summary>
    public RetentionOptions Retention { get; init; } = new();

    /// <summary>
    /// SHA-256 (hex) of the token with which the operator sees everybody's jobs over HTTP; nobody does unless it is
    /// set.
    /// </summary>
    public string? OperatorTokenSha256 { get; init; }

    /// <summary>What the configuration says, and the defaults for the rest.</summary>
    /// <exception cref="InvalidOperationException">A value is of the wrong type, or a setting is not known.</exception>
    public static ApiOptions Load(IConfiguration configuration) =>
        configuration.GetSection(Section).Get<ApiOptions>(binding => binding.ErrorOnUnknownConfiguration = true)
        ?? new ApiOptions();
}
