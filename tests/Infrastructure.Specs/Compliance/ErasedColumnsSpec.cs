using SchemaHub.Application.Compliance;
using SchemaHub.Application.Contacts;
using SchemaHub.Application.Identity;
using SchemaHub.Infrastructure.Compliance;
using SchemaHub.Infrastructure.Specs.Security;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Compliance;

/// <summary>
/// The classification says what becomes of each column; here it has to prove it. Every table holds rows of a contact
/// and of an account, with a mark in every column; they are erased; no column that is said to be cleared or deleted
/// holds the mark any more.
/// </summary>
public sealed class ErasedColumnsSpec
{
    private const string Mark = "markedmark";
    private const string MarkedAddress = "2001:db8::77";
    private const int MarkedNumber = 77;

    // What is cleared of these is only a part of the value.
    private static readonly Dictionary<string, string> Parts = new(StringComparer.Ordinal)
    {
        ["backstage.consent_history.metadata"] = $$$"""'{"claims":{"ip":"{{{Mark}}}"},"purpose":"newsletter"}'""",
        ["backstage.email_events.metadata"] = $$"""'{"link":"https://example.com/{{Mark}}"}'""",
    };

    [Test]
    public async Task What_is_said_to_be_erased_is_erased()
    {
        await using var service = await TestService.Create();
        var organization = await service.CreateOrganization("acme");
        var theirs = await service.CreateOrganization("other");
        var user = await service.Services.Join(organization, "marked.member@example.org");
        var contact = (await service.Send(organization, new AddContact("marked.contact@example.org"))).Number;
        var number = await service.Scalar<int>($"select number from access.users where id = '{user}'");
        await Fill(service, organization, theirs, user, number);
        var persons = new Persons(contact, user, number);
        await PointToContact(service, contact);
        var erased = await Marked(service, persons);

        erased.Count.ShouldBeGreaterThan(50);
        await service.Send(organization, new EraseContact(contact));
        await service.Send(Guid.Empty, new RemoveUser(user));

        var left = new List<string>();
        foreach (var (column, condition) in erased)
        {
            if (await Holds(service, column, condition))
                left.Add($"{column.Table}.{column.Column}");
        }

        left.ShouldBeEmpty(
            "Clear it where the person is erased, or say in personal-data.tsv what becomes of it instead."
        );
    }

    /// <summary>Rows of the account in every table, as the isolation specs fill them.</summary>
    private static async Task Fill(TestService service, Guid organization, Guid theirs, Guid user, int number)
    {
        // The log and its jobs are at work, and need no rows of ours; of these two the member has a row already, and a
        // second one would be of an organization that the log does not know.
        var relations = (await Organizations.ReadRelations(service))
            .Where(relation =>
                relation
                    is {
                        Schema: not ("events" or "jobs" or "hangfire"),
                        Name: not ("saas.team_members" or "podcast.user_roles")
                    }
            )
            .ToList();
        var other = await service.Scalar<Guid>(
            $"select user_id from access.memberships where organization_id = '{theirs}'"
        );
        var otherNumber = await service.Scalar<int>(
            $"select user_number from access.memberships where organization_id = '{theirs}'"
        );
        var membership = await service.Scalar<Guid>(
            $"select id from access.memberships where organization_id = '{organization}' and user_id = '{user}'"
        );
        var otherMembership = await service.Scalar<Guid>(
            $"select id from access.memberships where organization_id = '{theirs}'"
        );
        var now = await service.Scalar<string>("select now()::text");
        var rows = new RowsOfTwo(
            relations,
            new Side(organization, Mark, MarkedNumber, user, number, membership),
            new Side(theirs, "other", 2, other, otherNumber, otherMembership),
            now
        );
        await rows.Fill(service.Installation.Administrator);
    }

    private static Task<int> PointToContact(TestService service, long contact) =>
        service.Execute(
            $"""
            begin;
            set local session_replication_role = replica;
            update backstage.consent_history set contact_id = {contact}, id = -{MarkedNumber}
            where user_agent like '%{Mark}%';
            update backstage.email_logs set contact_id = {contact} where recipient_email like '%{Mark}%';
            update sending.restrictions set contact_id = {contact}, lifted_at = null where ground like '%{Mark}%';
            commit;
            """
        );

    /// <summary>Every column that is said to be erased, once the mark stands in it.</summary>
    private static async Task<List<(PersonalColumn Column, string Condition)>> Marked(
        TestService service,
        Persons persons
    )
    {
        var marked = new List<(PersonalColumn, string)>();
        var unmarked = new List<string>();
        foreach (var column in PersonalData.Columns.Where(column => column.AtErasure is "cleared" or "deleted"))
        {
            foreach (var condition in persons.ConditionsOf(column))
            {
                await SetMark(service, column, condition);
                if (!await Holds(service, column, condition))
                    unmarked.Add($"{column.Table}.{column.Column}");

                marked.Add((column, condition));
            }
        }

        unmarked.ShouldBeEmpty("There is no row of the person to be marked: fill one, or nothing is shown.");
        return marked;
    }

    private static async Task SetMark(TestService service, PersonalColumn column, string condition)
    {
        if (column.AtErasure != "cleared")
            return;

        var type = await service.Scalar<string>(
            $"""
            select a.atttypid::regtype::text from pg_attribute a
            where a.attrelid = '{column.Table}'::regclass and a.attname = '{column.Column}'
            """
        );
        var value =
            Parts.GetValueOrDefault($"{column.Table}.{column.Column}")
            ?? type switch
            {
                "jsonb" => $$"""'{"note":"{{Mark}}"}'""",
                "inet" => $"'{MarkedAddress}'",
                _ => $"'{Mark}' || left('{column.Column}', 10)",
            };
        await service.Execute(
            $"""
            begin;
            set local session_replication_role = replica;
            update {column.Table} t set "{column.Column}" = {value} where {condition};
            commit;
            """
        );
    }

    private static async Task<bool> Holds(TestService service, PersonalColumn column, string condition)
    {
        var holds = column.AtErasure == "deleted" ? "true" : $"t.\"{column.Column}\"::text ~ '{Mark}|{MarkedAddress}'";
        return await service.Scalar<bool>(
            $"select exists (select from {column.Table} t where ({condition}) and {holds})"
        );
    }

    private sealed record Persons(long Contact, Guid User, int Number)
    {
        /// <summary>The rows of the contact, or of the account, in a column's table.</summary>
        public IEnumerable<string> ConditionsOf(PersonalColumn column) =>
            PersonalData
                .Links.Where(link =>
                    link.Table == column.Table
                    && column.Whose.Contains(link.Whose)
                    && link is { Condition: not null, Whose: "contact" or "user" }
                )
                .Select(link =>
                    link.Condition!.Replace("{id}", $"'{User}'", StringComparison.Ordinal)
                        .Replace(
                            "{number}",
                            link.Whose == "contact" ? $"{Contact}" : $"{Number}",
                            StringComparison.Ordinal
                        )
                        .Replace("{cuid}", $"'{SchemaHub.Application.Cuid.Of(User)}'", StringComparison.Ordinal)
                );
    }
}
