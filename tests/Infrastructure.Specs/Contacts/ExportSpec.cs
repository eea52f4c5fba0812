using System.Text;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using SchemaHub.Application;
using SchemaHub.Application.Compliance;
using SchemaHub.Application.Contacts;
using SchemaHub.Domain.Contacts;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Contacts;

/// <summary>What leaves with a list, and what another organization makes of it.</summary>
public sealed class ExportSpec : OrganizationSpec
{
    private const long Bound = 16L << 20;

    [Test]
    public async Task Another_organization_that_imports_the_list_knows_the_same_of_everybody()
    {
        await Service.Import(
            Acme,
            "email,name,opt_in_at,opt_in_ip,confirmed_at,confirm_ip,source,status,unsubscribed_at,"
                + "unsubscribed_reason,city\n"
                + "brought@x.org,\"Lee, Ann\",2024-03-01T10:00:00Z,192.0.2.1,2024-03-01T10:05:00Z,"
                + "2001:db8::1,shop,,,,Graz\n"
                + "left@x.org,,2020-01-01T00:00:00Z,,,,,unsubscribed,2021-01-01T00:00:00Z,too much,\n"
                + "said.no.first@x.org,,2021-01-01T00:00:00Z,,,,,unsubscribed,2020-01-01T00:00:00Z,,\n"
                + "pending@x.org,,2024-01-01T00:00:00Z,,,,,pending,,,\n"
                + "nothing@x.org,,,,,,,,,,\n"
        );
        await Service.Send(Acme, new AddContact("api@x.org", Consent: new ConsentInput()));
        await ConfirmedOptIn("confirmed@x.org");
        await WithdrewAndIsTracked("tracked@x.org");
        await Service.Send(Acme, new AddContact("spam@x.org", Consent: new ConsentInput()));
        await Service.Change(Acme, "spam@x.org", contact => contact.Suppress("complaint", Sources.Api, null));
        var undone = await Service.Import(Acme, "email,opt_in_at\nnothing@x.org,2024-01-01T00:00:00Z\n");
        await Service.Send(Acme, new UndoImport(undone.Number));
        var other = await NewOrganization("importer");

        const string retracted = "nothing@x.org;false;2024-01-01T00:00:00Z;;;;import;;";

        var exported = await Export(Acme);
        var import = await Service.Import(other, exported);

        (import.Counts.Rejected, import.Broken).ShouldBe((0, null));
        (await Service.Subscribed(other)).ShouldBe(await Service.Subscribed(Acme));
        (await Service.Subscribed(other)).ShouldBe("api@x.org brought@x.org confirmed@x.org");
        (await Withdrawn(other)).ShouldBe("left@x.org said.no.first@x.org spam@x.org tracked@x.org");
        // What a file claims of somebody whom it does not write to is evidence in the log, and no consent to hand on.
        Evidence(await Export(other))
            .ShouldBe(Evidence(exported).Select(line => line == retracted ? "nothing@x.org;false;;;;;;;" : line));
        Evidence(exported)
            .ShouldContain("brought@x.org;true;2024-03-01T10:00:00Z;192.0.2.1;2024-03-01T10:05:00Z;2001:db8::1;shop;;");
        Evidence(exported).ShouldContain(retracted);
        Evidence(exported)
            .Single(line => line.StartsWith("left", StringComparison.Ordinal))
            .ShouldEndWith(";2021-01-01T00:00:00Z;too much");
        Evidence(exported)
            .Single(line => line.StartsWith("confirmed", StringComparison.Ordinal))
            .ShouldMatch("^confirmed@x.org;true;(2.*Z);192.0.2.7;\\1;192.0.2.8;form;;$");
    }

    [Test]
    public async Task A_stated_basis_is_exported_as_what_it_is_and_not_as_an_opt_in()
    {
        var wording = new PublishWording("en", "We write to our customers.");
        await Service.Send(Acme, wording);
        await Service.Import(
            Acme,
            "email\nann@x.org\n",
            command => command with { Basis = LegalBases.Contract, Wording = wording.Sha256 }
        );
        await Service.Send(Acme, new AddContact("ben@x.org"));
        var other = await NewOrganization("importer");

        var exported = await Export(Acme);

        Evidence(exported).ShouldBe(["ann@x.org;true;;;;;;;", "ben@x.org;false;;;;;;;"]);
        await Service.Import(other, exported);
        (await Service.Subscribed(other)).ShouldBe("ann@x.org");
        (await Service.History(other, "ann@x.org")).ShouldContain("\"basis\": \"contract\"");
        (await Service.Send(other, new GetWording(wording.Sha256)))!.Text.ShouldBe("We write to our customers.");
    }

    [Test]
    public async Task Erased_people_are_absent_and_nothing_from_before_comes_back_with_them()
    {
        await Service.Import(Acme, "email,opt_in_at,opt_in_ip\nann@x.org,2024-01-01T00:00:00Z,192.0.2.1\n");
        var ann = await Service.Send(Acme, new LookUpContact("ann@x.org"));
        await Service.Send(Acme, new EraseContact(ann.Contact.Id));
        (await Export(Acme)).Split("\r\n").Length.ShouldBe(2);

        await Service.Send(Acme, new AddContact("ann@x.org"));

        Evidence(await Export(Acme)).ShouldBe(["ann@x.org;false;;;;;;;"]);
    }

    [Test]
    public async Task A_list_holds_nobody_of_another_organization()
    {
        var other = await NewOrganization("other");
        await Service.Send(other, new AddContact("theirs@x.org", Consent: new ConsentInput()));
        await Service.Send(Acme, new AddContact("ours@x.org", Consent: new ConsentInput()));

        (await Export(Acme)).ShouldNotContain("theirs");
        (await Export(other)).ShouldNotContain("ours");
    }

    [Test]
    public async Task A_list_for_spreadsheets_runs_nothing_in_them()
    {
        await Service.Import(Acme, "email,name,city\nann@x.org,\"=HYPERLINK(\"\"http://x\"\")\",@SUM(A1)\n");

        var csv = await Export(Acme, ContactFileStyle.Spreadsheet);

        csv.ShouldStartWith("\ufeff");
        csv.ShouldContain("\"'=HYPERLINK");
        (await Export(Acme)).ShouldContain("\"'=HYPERLINK");
        (await Export(Acme, ContactFileStyle.Raw)).ShouldContain("\"=HYPERLINK");
    }

    [Test]
    public async Task Fifty_thousand_contacts_stream_in_constant_memory()
    {
        await Service.Execute(
            $"""
            insert into backstage.contacts (id, email, name, subscribed, unsubscribe_token, metadata, created_at,
                updated_at, organization_id)
            select 1000000 + i, 'person' || i || '@example.org', repeat('n', 200), true, md5(i::text), '{"{}"}',
                now(), now(), '{Acme}'
            from generate_series(1, 50000) i;
            insert into backstage.consent_history (id, contact_id, action, timestamp, source, metadata, organization_id)
            select 1000000 + i, 1000000 + i, 'subscribe', now(), 'import',
                '{"{\"basis\": \"consent\", \"purpose\": \"newsletter\"}"}', '{Acme}'
            from generate_series(1, 50000) i
            """
        );
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var (count, most) = (0, long.MinValue);

        await Service.Export(Stream.Null, Acme, ContactFileStyle.Escaped, Watched);

        count.ShouldBe(50_000);
        // It can be below what was there before: other specs let go of theirs meanwhile.
        most.ShouldBeInRange(long.MinValue + 1, Bound);

        void Watched()
        {
            if (++count % 10_000 == 0)
                most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: true) - before);
        }
    }

    private Task<string> Export(Guid organization, ContactFileStyle style = ContactFileStyle.Escaped) =>
        Service.Export(organization, style);

    private async Task ConfirmedOptIn(string email)
    {
        var token = new string('b', 64);
        var consent = new Consent(Purposes.Newsletter, LegalBases.Consent, ConsentMethods.DoubleOptIn);
        await Service.Send(Acme, new AddContact(email));
        var (asked, clicked) = (new Evidence("192.0.2.7"), new Evidence("192.0.2.8"));
        var later = new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero);
        await Service.Change(Acme, email, c => c.RequestConsent([consent], Sources.Form, token, later, asked));
        await Service.Change(Acme, email, c => c.ConfirmConsent(token, clicked, DateTimeOffset.UnixEpoch));
    }

    private async Task WithdrewAndIsTracked(string email)
    {
        await Service.Send(Acme, new AddContact(email, Consent: new ConsentInput()));
        await Service.Change(
            Acme,
            email,
            contact => contact.Withdraw(Purposes.Newsletter, Sources.EmailLink, "too_many", null)
        );
        var tracking = new Consent(Purposes.Tracking, LegalBases.Consent, ConsentMethods.SingleOptIn);
        await Service.Change(Acme, email, contact => contact.GiveConsent(tracking, Sources.Form, evidence: null));
    }

    private Task<string> Withdrawn(Guid organization) =>
        Service.Scalar<string>(
            $"""
            select string_agg(distinct c.email, ' ' order by c.email)
            from backstage.contacts c
            join backstage.consent_history h on h.contact_id = c.id and h.action = 'unsubscribe'
            where c.organization_id = '{organization}'
            """
        );

    /// <summary>
    /// What a list says of each person's consent; ids, names and metadata, and when we were told, aside.
    /// </summary>
    private static List<string> Evidence(string csv) =>
        [
            .. csv.Split("\r\n", StringSplitOptions.RemoveEmptyEntries)
                .Skip(1)
                .Select(line => line.Replace("\"Lee, Ann\"", "Ann", StringComparison.Ordinal).Split(','))
                .Select(fields => string.Join(';', [fields[1], .. fields[3..11]]))
                .Order(StringComparer.Ordinal),
        ];
}
