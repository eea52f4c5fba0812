using System.Text;
using System.Text.Json;
using SchemaHub.Application.Contacts;
using SchemaHub.Infrastructure.Contacts;

namespace SchemaHub.Infrastructure.Specs.Contacts;

public sealed class CsvContactWriterSpec
{
    private const string Header =
        "id,email,name,subscribed,opt_in_at,opt_in_ip,confirmed_at,confirm_ip,source,"
        + "unsubscribed_at,unsubscribed_reason,metadata,consents,suppressed_for\r\n";

    private static readonly ContactFileExport Ann = new(
        "7",
        "ann@x.org",
        "Lee, \"Ann\"",
        Subscribed: true,
        new FileConsent(
            new DateTimeOffset(2024, 3, 1, 12, 0, 0, TimeSpan.FromHours(2)),
            "192.0.2.1",
            new DateTimeOffset(2024, 3, 1, 10, 5, 0, TimeSpan.Zero).AddMicroseconds(7),
            "2001:db8::1",
            "form"
        ),
        Metadata: JsonSerializer.SerializeToElement(
            new
            {
                city = "Graz",
                shows = new[] { "a" },
                premium = false,
            }
        )
    );

    [Test]
    public async Task Contacts_are_written_in_our_own_columns()
    {
        (
            await Write(
                ContactFileStyle.Escaped,
                Ann,
                new ContactFileExport("8", "b@x.org", Name: null, Subscribed: false)
            )
        ).ShouldBe(
            Header
                + "7,ann@x.org,\"Lee, \"\"Ann\"\"\",true,2024-03-01T10:00:00Z,192.0.2.1,2024-03-01T10:05:00.000007Z,"
                + "2001:db8::1,"
                + "form,,,\"{\"\"city\"\":\"\"Graz\"\",\"\"shows\"\":[\"\"a\"\"],\"\"premium\"\":false}\",,\r\n"
                + "8,b@x.org,,false,,,,,,,,,,\r\n"
        );
    }

    [TestCase("=1+1")]
    [TestCase("+43 1 234")]
    [TestCase("-2+3")]
    [TestCase("@SUM(A1)")]
    [TestCase("\t=1")]
    [TestCase("\r=1")]
    public async Task A_spreadsheet_does_not_run_what_looks_like_a_formula(string name)
    {
        var contact = new ContactFileExport("7", "a@x.org", name, Subscribed: true);
        var cell = name[0] is '\t' or '\r' ? $"\"'{name}\"" : $"'{name}";
        (await Write(ContactFileStyle.Spreadsheet, contact)).ShouldBe(
            $"\ufeff{Header}7,a@x.org,{cell},true,,,,,,,,,,\r\n"
        );
        (await Write(ContactFileStyle.Escaped, contact)).ShouldContain($",{cell},");
        (await Write(ContactFileStyle.Raw, contact)).ShouldNotContain("'");
    }

    [Test]
    public async Task Nothing_is_written_but_a_header_when_there_is_nobody() =>
        (await Write(ContactFileStyle.Escaped)).ShouldBe(Header);

    [TestCase("=1+1")]
    [TestCase("'=1+1")]
    [TestCase("''+x")]
    [TestCase("@x")]
    [TestCase("'quoted'")]
    [TestCase("-5")]
    public async Task What_was_escaped_is_read_back_as_it_was(string name)
    {
        var contact = new ContactFileExport("7", "a@x.org", name, Subscribed: true);
        foreach (var style in Enum.GetValues<ContactFileStyle>())
        {
            var options = new ContactFileOptions(IsRaw: style == ContactFileStyle.Raw);
            var entries = await CsvTestFile.Read(Encoding.UTF8.GetBytes(await Write(style, contact)), options);

            entries.OfType<ContactFileRow>().ShouldHaveSingleItem().Name.ShouldBe(name, style.ToString());
        }
    }

    [Test]
    public async Task What_was_written_is_read_back()
    {
        var left = new ContactFileExport(
            "8",
            "b@x.org",
            Name: null,
            Subscribed: false,
            UnsubscribedAt: CsvTestFile.Noon,
            UnsubscribedReason: "=too much"
        );
        var entries = await CsvTestFile.Read(await Write(ContactFileStyle.Escaped, Ann, left));

        var rows = entries.OfType<ContactFileRow>().ToList();
        rows.Count.ShouldBe(2);
        (rows[0].Email.Value, rows[0].Name).ShouldBe((Ann.Email, Ann.Name));
        rows[0].Consent.ShouldBe(Ann.Consent! with { OptInAt = Ann.Consent.OptInAt.ToUniversalTime() });
        rows[0].Metadata.ShouldNotBeNull()["city"].ShouldBe("Graz");
        rows[0].Metadata!.Count.ShouldBe(3);
        rows[0].Metadata!["premium"].ShouldBeOfType<JsonElement>().ValueKind.ShouldBe(JsonValueKind.False);
        rows[1].Metadata.ShouldBeNull();
        rows[1].Withdrawal.ShouldBe(new FileWithdrawal(FileWithdrawalKind.Unsubscribed, CsvTestFile.Noon, "=too much"));
    }

    private static async Task<string> Write(ContactFileStyle style, params ContactFileExport[] contacts)
    {
        using var file = new MemoryStream();
        await new CsvContactWriter().Write(file, contacts.ToAsyncEnumerable(), style);
        return Encoding.UTF8.GetString(file.ToArray());
    }
}
