using System.Text.Json;
using SchemaHub.Application.Contacts;
using SchemaHub.Domain.Contacts;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Contacts;

/// <summary>A list that moves to another organization takes every consent with it, as a claim.</summary>
public sealed class ExportRoundTripSpec
{
    private const string Token = "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc";

    private static readonly DateTimeOffset Later = new(2100, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly PublishWording News = new(
        "de",
        "Ja, schickt mir \"Neues\", bitte.\nJederzeit widerrufbar."
    );

    private static int _organizations;

    private TestService _service = null!;
    private Guid _from;
    private Guid _to;

    [OneTimeSetUp]
    public async Task Start() => _service = await TestService.Create();

    [OneTimeTearDown]
    public async Task Stop() => await _service.DisposeAsync();

    [SetUp]
    public async Task Found()
    {
        _from = await _service.CreateOrganization($"from{_organizations++}");
        _to = await _service.CreateOrganization($"to{_organizations++}");
        await _service.Send(_from, News);
    }

    [Test]
    public async Task A_list_that_was_brought_in_is_exported_as_it_was()
    {
        await DoubleOptIn("ann@x.org", Purposes.Newsletter, "events");
        await Stated("ben@x.org", "events", "partner_offers");
        await Stated("left@x.org", Purposes.Newsletter, "events");
        await _service.Change(_from, "left@x.org", c => c.Withdraw("events", Sources.EmailLink, "too_many", null));
        await Stated("gone@x.org", Purposes.Newsletter, "events");
        await _service.Change(_from, "gone@x.org", c => c.Withdraw(null, Sources.EmailLink, reason: null, null));
        await Stated("back@x.org", "events");
        await _service.Change(_from, "back@x.org", c => c.Withdraw(null, Sources.EmailLink, reason: null, null));
        await DoubleOptIn("back@x.org", Purposes.Newsletter);
        foreach (var reason in SuppressionReasons.All)
        {
            await DoubleOptIn($"{reason}@x.org", Purposes.Newsletter, "events");
            await _service.Change(_from, $"{reason}@x.org", c => c.Suppress(reason, Sources.Api, evidence: null));
        }

        var exported = await _service.Export(_from);
        var import = await _service.Import(_to, exported);

        (import.Counts.Rejected, import.Counts.Refused, import.Broken).ShouldBe((0, 0, null));
        WithoutIds(await _service.Export(_to)).ShouldBe(WithoutIds(exported));
        (await InForce(_to)).ShouldBe(await InForce(_from));
        (await InForce(_to)).ShouldBe(
            "ann@x.org events,newsletter|back@x.org newsletter|ben@x.org events,partner_offers|left@x.org newsletter"
        );
        (await _service.Send(_to, new GetWording(News.Sha256))).ShouldBe(
            new WordingText(News.Sha256, News.Language, News.Text)
        );
    }

    [Test]
    public async Task A_suppression_arrives_as_what_it_is()
    {
        await DoubleOptIn("spam@x.org", Purposes.Newsletter);
        await _service.Change(_from, "spam@x.org", c => c.Suppress("complaint", Sources.Api, evidence: null));

        await _service.Import(_to, await _service.Export(_from));

        (await Contact(_to, "spam@x.org")).SuppressedFor.ShouldBe("complaint");
        (await _service.History(_to, "spam@x.org")).ShouldNotContain("unsubscribed_elsewhere");
    }

    [Test]
    public async Task A_proof_elsewhere_is_a_claim_here()
    {
        await DoubleOptIn("ann@x.org", Purposes.Newsletter);

        await _service.Import(_to, await _service.Export(_from));

        var history = await _service.History(_to, "ann@x.org");
        using var facts = JsonDocument.Parse(history[history.IndexOf('{', StringComparison.Ordinal)..]);
        facts.RootElement.GetProperty("method").GetString().ShouldBe(ConsentMethods.Imported);
        facts.RootElement.GetProperty("wording").GetString().ShouldBe(News.Sha256);
        var claims = facts.RootElement.GetProperty("claims");
        claims.GetProperty("method").GetString().ShouldBe(ConsentMethods.DoubleOptIn);
        claims.GetProperty("opted_in_ip").GetString().ShouldBe("192.0.2.7");
        claims.GetProperty("confirmed_ip").GetString().ShouldBe("192.0.2.8");
        claims.GetProperty("asked_at").GetString().ShouldBe("the fair");
        claims.GetProperty("user_agent").GetString().ShouldBe("Firefox");
    }

    [Test]
    public async Task A_list_that_comes_back_changes_nothing()
    {
        await DoubleOptIn("ann@x.org", Purposes.Newsletter, "events");
        await Stated("ben@x.org", Purposes.Newsletter);
        await _service.Change(_from, "ben@x.org", c => c.Withdraw(Purposes.Newsletter, Sources.Form, null, null));
        var exported = await _service.Export(_from);

        await _service.Import(_from, exported);

        (await _service.Export(_from)).ShouldBe(exported);
        (await _service.History(_from, "ann@x.org")).ShouldContain("double_opt_in");
    }

    [Test]
    public async Task Data_that_must_not_be_used_is_not_used_elsewhere()
    {
        await DoubleOptIn("ann@x.org", Purposes.Newsletter);
        await _service.Change(_from, "ann@x.org", c => c.Restrict(RestrictionGrounds.All[0], Sources.Api));

        await _service.Import(_to, await _service.Export(_from));

        (await InForce(_to)).ShouldBe("");
    }

    [Test]
    public async Task A_text_that_did_not_come_along_is_named_and_not_vouched_for()
    {
        await DoubleOptIn("ann@x.org", Purposes.Newsletter);
        var exported = await _service.Export(_from);
        var at = exported.IndexOf(",\"\"text\"\":", StringComparison.Ordinal);
        var cut = exported.Remove(at, exported.IndexOf(",\"\"opt_in_at\"\"", StringComparison.Ordinal) - at);

        (await _service.Import(_to, cut)).Counts.Rejected.ShouldBe(0);

        var history = await _service.History(_to, "ann@x.org");
        history.ShouldContain($"\"claims\": {{\"method\": \"double_opt_in\", \"wording\": \"{News.Sha256}\"");
        (await _service.Send(_to, new GetWording(News.Sha256))).ShouldBeNull();
    }

    [TestCase("yes", "JSON array")]
    [TestCase("[{\"purpose\":\"newsletter\"}]", "JSON array")]
    [TestCase("[null]", "null")]
    [TestCase("[{\"purpose\":\"newsletter\",\"standing\":\"in_force\"}]", "opt_in_at")]
    [TestCase("[{\"purpose\":\"newsletter\",\"standing\":\"proven\",\"opt_in_at\":\"2024-01-01T00:00:00Z\"}]", "array")]
    [TestCase("[{\"purpose\":\"News!\",\"standing\":\"in_force\",\"opt_in_at\":\"2024-01-01T00:00:00Z\"}]", "purpose")]
    [TestCase("[{\"standing\":\"in_force\",\"opt_in_at\":\"2024-01-01T00:00:00Z\"}]", "without a purpose")]
    [TestCase("[{\"purpose\":\"a\",\"standing\":\"in_force\",\"opt_in_at\":\"2099-01-01T00:00:00Z\"}]", "future")]
    [TestCase("[{\"purpose\":\"a\",\"standing\":\"withdrawn\",\"basis\":\"love\"}]", "basis")]
    [TestCase("[{\"purpose\":\"a\",\"standing\":\"withdrawn\",\"method\":\"shouted\"}]", "method")]
    [TestCase("[{\"purpose\":\"a\",\"standing\":\"withdrawn\",\"wording\":\"abc\"}]", "wording")]
    [TestCase("[{\"purpose\":\"a\",\"standing\":\"withdrawn\",\"text\":\"another text\"}]", "text")]
    [TestCase("[{\"purpose\":\"a\",\"standing\":\"withdrawn\",\"confirm_ip\":\"here\"}]", "IP")]
    [TestCase(
        "[{\"purpose\":\"a\",\"standing\":\"withdrawn\"},{\"purpose\":\"a\",\"standing\":\"withdrawn\"}]",
        "twice"
    )]
    public async Task Consents_that_no_export_writes_reject_their_row(string consents, string reason)
    {
        var rejected = new List<RejectedRow>();
        var csv = $"email,consents\nann@x.org,\"{consents.Replace("\"", "\"\"", StringComparison.Ordinal)}\"\n";
        await _service.Import(
            _to,
            csv,
            command =>
                command with
                {
                    Rejects = row =>
                    {
                        rejected.Add(row);
                        return Task.CompletedTask;
                    },
                }
        );

        var row = rejected.ShouldHaveSingleItem();
        row.Code.ShouldBe(RowCodes.Consents);
        row.Reason.ShouldContain(reason);
    }

    private async Task DoubleOptIn(string email, params string[] purposes)
    {
        await Add(email);
        Consent[] consents =
        [
            .. purposes.Select(purpose => new Consent(
                purpose,
                LegalBases.Consent,
                ConsentMethods.DoubleOptIn,
                News.Sha256,
                "de"
            )),
        ];
        var asked = new Evidence("192.0.2.7", Claims: new Dictionary<string, string> { ["asked_at"] = "the fair" });
        var clicked = new Evidence("192.0.2.8", "Firefox");
        await _service.Change(_from, email, c => c.RequestConsent(consents, Sources.Form, Token, Later, asked));
        await _service.Change(_from, email, c => c.ConfirmConsent(Token, clicked, DateTimeOffset.UnixEpoch));
    }

    private async Task Stated(string email, params string[] purposes)
    {
        await Add(email);
        foreach (var purpose in purposes)
        {
            var consent = new Consent(purpose, LegalBases.LegitimateInterest, ConsentMethods.SingleOptIn);
            await _service.Change(_from, email, c => c.GiveConsent(consent, Sources.Api, new Evidence("192.0.2.9")));
        }
    }

    private async Task Add(string email)
    {
        if ((await _service.History(_from, email)).Length == 0)
            await _service.Change(
                _from,
                email,
                c =>
                    c.IsListed
                        ? []
                        : c.Add(
                            new(Sources.Api, null, null, email, "Ann", null, Guid.CreateVersion7().ToString("n"), null)
                        )
            );
    }

    private async Task<Contact> Contact(Guid organization, string email)
    {
        Contact state = null!;
        await _service.Change(
            organization,
            email,
            contact =>
            {
                state = contact;
                return [];
            }
        );
        return state;
    }

    /// <summary>Who may be written to, for what, by the decisions themselves.</summary>
    private async Task<string> InForce(Guid organization)
    {
        var lines = new List<string>();
        foreach (
            var email in await _service.Rows(
                $"(select c.email from backstage.contacts c where c.organization_id = '{organization}')"
            )
        )
        {
            var contact = await Contact(organization, email.Trim('(', ')', '"'));
            var purposes = contact.Consents.Keys.Where(contact.MayBeWrittenToFor).Order(StringComparer.Ordinal);
            lines.Add($"{email.Trim('(', ')', '"')} {string.Join(',', purposes)}");
        }

        return string.Join('|', lines.Where(line => !line.EndsWith(' ')).Order(StringComparer.Ordinal));
    }

    private static List<string> WithoutIds(string csv) =>
        [.. csv.Split("\r\n").Select(line => line[(line.IndexOf(',', StringComparison.Ordinal) + 1)..])];
}
