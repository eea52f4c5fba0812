using Npgsql;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Security;

/// <summary>
/// Two organizations, and logins that may read one of them. What they try is tried on everything that the catalog
/// lists, so that what is new is tried too.
/// </summary>
public abstract class TwoOrganizations
{
    /// <summary>In every text that belongs to the other organization.</summary>
    internal const string Secret = "bravo";

    protected const string NotPermitted = PostgresErrorCodes.InsufficientPrivilege;

    protected static readonly string[] Callers = ["reader", "app", "app without a tenant"];

    /// <summary>Besides, who sees the other organization, and who sees none.</summary>
    protected static readonly string[] Everybody = [.. Callers, "app of the other", "reader of nobody"];

    /// <summary>What the service's queries insert, in bulk, because no command stands behind it.</summary>
    protected static readonly string[] Telemetry =
    [
        "podcast.access_logs",
        "podcast.api_usage",
        "podcast.attribution_event_metadata",
        "podcast.attribution_events",
        "podcast.listener_events",
        "podcast.listener_metrics",
    ];

    private protected static Dictionary<string, Caller> Logins => SharedOrganizations.Current.Logins;

    protected static TestService Service => SharedOrganizations.Current.Service;

    protected static Guid Ours => OurSide.Organization!.Value;

    protected static Guid Theirs => TheirSide.Organization!.Value;

    protected static long TheirContact => SharedOrganizations.Current.TheirContact;

    private protected static Side OurSide => SharedOrganizations.Current.Ours;

    private protected static Side TheirSide => SharedOrganizations.Current.Theirs;

    private protected static RowsOfTwo Rows => SharedOrganizations.Current.Rows;

    /// <summary>Everything in the service's schemas; filled with rows of both.</summary>
    private protected static IReadOnlyList<Relation> AllRelations => SharedOrganizations.Current.Relations;

    private protected static IEnumerable<Relation> Tables => AllRelations.Where(relation => relation.IsTable);

    private protected static void ShouldShowNothing(Attempt attempt, string what)
    {
        attempt.Seen.ShouldNotContain(Secret, Case.Insensitive, what);
        attempt.Seen.ShouldNotContain(Theirs.ToString(), Case.Insensitive, what);
    }

    private protected static async Task ShouldAllBeRefused(
        Caller caller,
        IEnumerable<string> statements,
        params string[] beginning
    )
    {
        var all = statements.ToList();
        var attempts = await caller.TryEach(all, beginning);
        all.Zip(attempts)
            .Where(tried => tried.Second.Refusal != NotPermitted)
            .Select(tried => $"{tried.First}: {tried.Second.Refusal ?? "was not refused"} {tried.Second.Seen}")
            .ShouldBeEmpty();
    }

    protected static async Task<List<string>> Catalog(string sql)
    {
        await using var command = Service.Installation.Administrator.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        var found = new List<string>();
        while (await reader.ReadAsync())
            found.Add(reader.GetString(0));

        return found;
    }
}
