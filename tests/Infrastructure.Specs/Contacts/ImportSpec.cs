using System.Text.Json;
using SchemaHub.Application.Contacts;
using SchemaHub.Domain.Contacts;
using SchemaHub.Infrastructure.EventLog;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Contacts;

/// <summary>What a file may say, and what becomes of it beside what people said themselves.</summary>
public sealed class ImportSpec : OrganizationSpec
{
    private const string Header =
        "email,name,opt_in_at,opt_in_ip,confirmed_at,confirm_ip,source,status,unsubscribed_at,"
        + "unsubscribed_reason,city\n";

    [Test]
    public async Task The_messy_sample_comes_in_as_it_was_made_to_and_is_one_row_of_the_audit()
    {
        var directory = ImportLists.Samples;
        using var expected = JsonDocument.Parse(
            await File.ReadAllTextAsync(Path.Combine(directory, "contacts.expected.json"))
        );
        var root = expected.RootElement;
        var standings = root.GetProperty("standings");
        var withdrawals = Enum.GetNames<FileWithdrawalKind>()
            .Sum(kind => standings.GetProperty(kind.ToLowerInvariant()).GetInt64());
        var rejected = new List<(long, string)>();

        var result = await Service.Import(
            Acme,
            await File.ReadAllBytesAsync(Path.Combine(directory, "contacts.csv")),
            command =>
                command with
                {
                    Rejects = row =>
                    {
                        rejected.Add((row.Line, row.Code));
                        return Task.CompletedTask;
                    },
                }
        );

        var consents = root.GetProperty("consents").GetInt64();
        var made = root.GetProperty("rejected").EnumerateArray().Select(r => (r[0].GetInt64(), r[1].GetString()!));
        rejected.ShouldBe(made);
        result.Counts.ShouldBe(
            new ImportCounts(
                Added: root.GetProperty("good").GetInt64(),
                Existing: 0,
                consents,
                withdrawals,
                Refused: 0,
                rejected.Count
            )
        );
        (await Count("contacts")).ShouldBe(root.GetProperty("good").GetInt64());
        (await Count("consent_history", "action = 'subscribe'")).ShouldBe(consents);
        (await Count("consent_history", "action = 'unsubscribe'")).ShouldBe(withdrawals);
        (
            await Count("consent_history", "action = 'subscribe' and metadata #>> '{claims,opted_in_at}' is null")
        ).ShouldBe(0);
        (
            await Service.Scalar<long>(
                $"select count(*) from events.mt_streams where tenant_id = '{Acme}' and type = 'import'"
            )
        ).ShouldBe(1);
        (await new Rebuild(Service.Installation, "backstage").Run(CancellationToken.None)).RowsMended.ShouldBe(0);
    }

    [Test]
    public async Task Every_claim_of_a_row_is_kept_as_evidence()
    {
        await Service.Import(
            Acme,
            Header + "ann@x.org,Ann,2024-03-01T12:00:00+02:00,192.0.2.1,2024-03-01T10:05:00Z,2001:db8::1,shop,,,,Graz\n"
        );

        using var history = JsonDocument.Parse((await Service.History(Acme, "ann@x.org"))["subscribe ".Length..]);
        Strings(history.RootElement.GetProperty("claims"))
            .ShouldBe(
                new Dictionary<string, string>
                {
                    ["opted_in_at"] = "2024-03-01T10:00:00.0000000+00:00",
                    ["opted_in_ip"] = "192.0.2.1",
                    ["confirmed_at"] = "2024-03-01T10:05:00.0000000+00:00",
                    ["confirmed_ip"] = "2001:db8::1",
                    ["signed_up_through"] = "shop",
                },
                ignoreOrder: true
            );
        (
            history.RootElement.GetProperty("basis").GetString(),
            history.RootElement.GetProperty("method").GetString()
        ).ShouldBe((LegalBases.Consent, ConsentMethods.Imported));
        (
            await Service.Scalar<bool>(
                $"select metadata = '{{\"city\": \"Graz\"}}' from backstage.contacts where organization_id = '{Acme}'"
            )
        ).ShouldBeTrue();
    }

    [Test]
    public async Task Who_withdrew_or_is_suppressed_stays_so_whatever_a_file_says()
    {
        await Service.Import(Acme, "email,opt_in_at\nann@x.org,2024-01-01T00:00:00Z\nben@x.org,2024-01-01T00:00:00Z\n");
        await Service.Change(Acme, "ann@x.org", contact => contact.Withdraw(null, Sources.EmailLink, null, null));
        await Service.Change(Acme, "ben@x.org", contact => contact.Suppress("complaint", Sources.Api, null));
        await Service.Change(Acme, "ben@x.org", contact => contact.Erase(Sources.Api, "requested"));

        var result = await Service.Import(
            Acme,
            Header
                + "ann@x.org,,2025-01-01T00:00:00Z,,,,,subscribed,,,\n"
                + "ben@x.org,,2025-01-01T00:00:00Z,,,,,subscribed,,,\n"
                + "cleo@x.org,,2025-01-01T00:00:00Z,,,,,subscribed,,,\n"
        );

        result.Counts.ShouldBe(new ImportCounts(2, 1, 1, 0, Refused: 2, 0));
        (await Service.Subscribed(Acme)).ShouldBe("cleo@x.org");
    }

    [Test]
    public async Task Without_an_opt_in_time_only_a_stated_basis_with_its_wording_subscribes()
    {
        const string csv =
            Header
            + "ann@x.org,Ann,,,,,trade fair,,,,\nben@x.org,Ben,,,,,,pending,,,\ncleo@x.org,,,,,,,unsubscribed,,,\n";
        var without = await Service.Import(Acme, csv);
        (without.Counts.Consents, await Service.Subscribed(Acme)).ShouldBe((0, ""));

        var wording = new PublishWording("de", "Wir schreiben unseren Kunden.");
        await Service.Send(Acme, wording);
        var with = await Service.Import(
            Acme,
            csv,
            command => command with { Basis = LegalBases.LegitimateInterest, Wording = wording.Sha256, Language = "de" }
        );

        with.Counts.ShouldBe(new ImportCounts(0, 3, Consents: 1, 0, 0, 0));
        // Ben never finished his opt-in, says the file, and Cleo left: nobody can vouch for either.
        (await Service.Subscribed(Acme)).ShouldBe("ann@x.org");
        var history = await Service.History(Acme, "ann@x.org");
        history.ShouldContain(LegalBases.LegitimateInterest);
        history.ShouldContain(wording.Sha256);
        history.ShouldContain("trade fair");
    }

    [Test]
    public async Task A_basis_without_a_published_wording_is_refused()
    {
        await Should.ThrowAsync<FluentValidation.ValidationException>(() =>
            Service.Import(Acme, "email\nann@x.org\n", command => command with { Basis = LegalBases.Contract })
        );
        await Should.ThrowAsync<Exception>(() =>
            Service.Import(
                Acme,
                "email\nann@x.org\n",
                command => command with { Basis = LegalBases.Contract, Wording = new string('a', 64) }
            )
        );
        (await Count("contacts")).ShouldBe(0);
    }

    [TestCase("unsubscribed", "unsubscribed_elsewhere")]
    [TestCase("bounced", SuppressionReasons.HardBounce)]
    [TestCase("complained", SuppressionReasons.Complaint)]
    [TestCase("blocked", SuppressionReasons.Manual)]
    public async Task What_a_row_says_against_writing_to_somebody_counts(string status, string reason)
    {
        await Service.Import(Acme, "email,opt_in_at\nann@x.org,2024-01-01T00:00:00Z\n");

        var result = await Service.Import(
            Acme,
            Header + $"ann@x.org,,2024-02-01T00:00:00Z,,,,,{status},2024-05-01T00:00:00Z,enough,\n"
        );

        result.Counts.ShouldBe(new ImportCounts(0, 1, 0, Withdrawals: 1, 0, 0));
        (await Service.Subscribed(Acme)).ShouldBe("");
        var history = (await Service.History(Acme, "ann@x.org")).Split('\n')[^1];
        history.ShouldStartWith("unsubscribe ");
        history.ShouldContain($"\"{reason}\"");
        history.ShouldContain("2024-05-01T00:00:00");
        history.ShouldContain("enough");
        var again = await Service.Import(Acme, "email,opt_in_at\nann@x.org,2025-01-01T00:00:00Z\n");
        again.Counts.Refused.ShouldBe(1);
    }

    [Test]
    public async Task The_details_of_a_contact_that_was_there_are_left_alone()
    {
        await Service.Send(Acme, new AddContact("ann@x.org", "Ann herself"));

        var result = await Service.Import(Acme, Header + "ANN@x.org,Somebody,2024-01-01T00:00:00Z,,,,,,,,Graz\n");

        result.Counts.ShouldBe(new ImportCounts(0, Existing: 1, Consents: 1, 0, 0, 0, Differing: 1));
        (await Count("contacts", "name = 'Ann herself' and metadata is null and subscribed")).ShouldBe(1);
    }

    [Test]
    public async Task The_same_file_again_does_nothing()
    {
        var first = await Service.Import(Acme, ImportLists.Long(40));
        var events = await Service.Scalar<long>("select count(*) from events.mt_events");

        var second = await Service.Import(Acme, ImportLists.Long(40));

        second.ShouldBe(first with { WasFinished = true, Columns = second.Columns });
        second.Columns.ShouldBe(first.Columns);
        (await Service.Scalar<long>("select count(*) from events.mt_events")).ShouldBe(events);
    }

    [Test]
    public async Task Another_organization_imports_the_same_file_for_itself()
    {
        var other = await NewOrganization("other");
        var ours = await Service.Import(Acme, ImportLists.Long(40));

        var theirs = await Service.Import(other, ImportLists.Long(40));

        theirs.Counts.ShouldBe(ours.Counts);
        (await Service.Published(other)).ShouldBe(await Service.Published(Acme));
    }

    private Task<long> Count(string table, string condition = "true") =>
        Service.Scalar<long>(
            $"select count(*) from backstage.{table} where organization_id = '{Acme}' and {condition}"
        );

    private static Dictionary<string, string> Strings(JsonElement json) =>
        json.EnumerateObject().ToDictionary(property => property.Name, property => property.Value.GetString()!);
}
