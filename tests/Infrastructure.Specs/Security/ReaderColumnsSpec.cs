using System.Text.RegularExpressions;

namespace SchemaHub.Infrastructure.Specs.Security;

/// <summary>
/// No column that acts can be read by SQL readers. Every published column whose name or meaning speaks of a secret is
/// on the list in docs/sql-readers.md, with whether it is readable and why.
/// </summary>
[TestFixture]
public sealed partial class ReaderColumnsSpec : TwoOrganizations
{
    private const string Name =
        "pass|token|hash|secret|encrypt|credential|signature|code|stripe|nonce|(^|_)(key|keys|pin|otp|salt)$";

    private const string Meaning =
        "token|secret|hash|encrypt|password|signature|SHA-256|ciphertext|random bytes|credential";

    private const string EveryColumn = "*";

    // The names of what is never readable, whatever the list says.
    private const string Acts = "password|(^|_)token$|token_value|_hash$|secret";

    [Test]
    public async Task Every_column_that_speaks_of_a_secret_is_listed_as_it_is()
    {
        var live = await Catalog(
            $"""
            select format('%s.%s %s', c.oid::regclass, a.attname,
                case when has_column_privilege('schemahub_reader', c.oid, a.attnum, 'select') then 'yes' else 'no' end)
            from pg_class c
            join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
            where c.relnamespace::regnamespace::text in ('backstage', 'saas', 'snorq', 'podcast', 'smarthub')
                and c.relkind in ('r', 'p', 'v', 'm') and not c.relispartition
                and (a.attname ~ '{Name}' or col_description(c.oid, a.attnum) ~* '{Meaning}')
            """
        );
        var listed = Listed();

        listed.ShouldAllBe(row => row.Groups["why"].Value.Trim().Length > 0);
        live.Order(StringComparer.Ordinal)
            .ShouldBe(
                listed.Select(row => $"{row.Groups["column"].Value} {row.Groups["readable"].Value}"),
                "docs/sql-readers.md lists what the catalog has: grant select by columns, or say why it is readable"
            );
        listed
            .Where(row => row.Groups["readable"].Value == "yes")
            .Select(row => row.Groups["column"].Value)
            .Where(column =>
                Regex.IsMatch(column.Split('.')[^1], Acts, RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1))
            )
            .ShouldBeEmpty("it acts, and no reason makes it readable");
    }

    [Test]
    public async Task Every_table_with_such_a_column_refuses_select_star_and_answers_by_columns()
    {
        var reader = Logins["reader"];
        foreach (var table in Listed().Where(row => row.Groups["readable"].Value == "no").Select(TableOf).Distinct())
        {
            (await reader.Try($"select {EveryColumn} from {table}")).Refusal.ShouldBe(NotPermitted, table);
            (await reader.Try($"select t from {table} t")).Refusal.ShouldBe(NotPermitted, table);
            (await reader.Try($"select row_to_json(t) from {table} t")).Refusal.ShouldBe(NotPermitted, table);
            (await reader.Try($"table {table}")).Refusal.ShouldBe(NotPermitted, table);
            // What BI tools ask for first: the columns, of which only those are named that it may read.
            var named = await reader.Try(
                $"""
                select quote_ident(column_name)
                from information_schema.columns
                where format('%s.%s', table_schema, table_name) = '{table}'
                """
            );
            if (named.Rows > 0)
                (await reader.Try($"select {string.Join(", ", named.Answer)} from {table}")).Refusal.ShouldBeNull(
                    table
                );
        }
    }

    [Test]
    public async Task A_token_cannot_be_found_out_by_comparing()
    {
        const string token = "unsubscribe_token";
        string[] attempts =
        [
            $"select id from backstage.contacts where {token} like 'a%'",
            $"select id from backstage.contacts order by {token}",
            $"select count({token}) from backstage.contacts",
            $"select id from backstage.contacts where {token} is null",
            $"select 1 from backstage.contacts group by {token}",
            $"select h.id from backstage.consent_history h join backstage.contacts c on c.{token} = h.source",
        ];
        await ShouldAllBeRefused(Logins["reader"], attempts);
        (
            await Logins["reader"]
                .Try($"select attname from pg_stats where tablename = 'contacts' and attname = '{token}'")
        ).Rows.ShouldBe(0);
    }

    private static string TableOf(Match row) => string.Join('.', row.Groups["column"].Value.Split('.')[..2]);

    private static List<Match> Listed()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "SchemaHub.sln")))
            folder = folder.Parent ?? throw new DirectoryNotFoundException("No folder above holds SchemaHub.sln.");

        var page = File.ReadAllText(Path.Combine(folder.FullName, "docs", "sql-readers.md"));
        return [.. Row().Matches(page).Cast<Match>()];
    }

    [GeneratedRegex(
        @"^\| `(?<column>[a-z_]+\.[a-z_]+\.[a-z_]+)` \| (?<readable>yes|no) \| (?<why>.+) \|$",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1_000
    )]
    private static partial Regex Row();
}
